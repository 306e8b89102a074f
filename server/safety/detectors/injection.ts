import { type Detect, type Find, matchesOf, untangled } from "./find";
import { decodedParts, hiddenParts, readable } from "./unveil";

type Sign = { kind: "instruction" | "role" | "extraction" | "exfiltration"; pattern: RegExp };

const earlier =
	"(?:previous|prior|above|preceding|earlier|foregoing|former|initial|original|existing|past|current|other|system|safety|security|your|these|those|the|any|all)";
const orders =
	"(?:instructions?|prompts?|rules?|guidelines?|directions?|directives?|commands?|orders?|context|messages?|text|policies|restrictions|constraints|programming|training|guardrails|filters?)";

/** How texts speak that want a model to do something else than it was told. Languages of Europe where they are common. */
const signs: Sign[] = [
	{
		kind: "instruction",
		pattern: new RegExp(
			`\\b(?:ignor(?:e|ing)|disregard(?:ing)?|forget(?:ting)?|overrid(?:e|ing)|bypass(?:ing)?|neglect|skip|discard|drop|stop following|do not follow|don't follow|cancel|delete|erase)\\b[^.!?\\n]{0,40}?\\b${earlier}\\b[^.!?\\n]{0,30}?\\b${orders}\\b`,
			"gi",
		),
	},
	{
		kind: "instruction",
		pattern:
			/\b(?:ignor(?:e|ing)|disregard|forget)\s+(?:all|everything|anything|what(?:ever)?|that|the above|the rest)\b[^.!?\n]{0,40}\b(?:said|told|above|before|previous(?:ly)?|wrote|know|learned)\b/gi,
	},
	{
		kind: "instruction",
		pattern:
			/\b(?:new|updated|real|actual|important|urgent|additional|following|special|secret)\s+(?:system\s+)?(?:instructions?|task|directive|prompt|objective|rules?)\s*(?::|are\b|is\b|follow)/gi,
	},
	{
		kind: "instruction",
		pattern:
			/(?:^|\n)\s{0,8}(?:#{2,6}\s*)?(?:\[|<|\{|\||-{3,}|={3,})?\s{0,3}(?:system|assistant|developer|inst|instruction|admin(?:istrator)?)\s{0,3}(?:\]|>|\}|\||:|-{3,}|={3,})(?:\s|$)/gi,
	},
	{
		kind: "instruction",
		pattern:
			/<\|?(?:im_start|im_end|system|endoftext|start_header_id|eot_id)\|?>|\[\/?INST\]|<<\/?SYS>>|<\/?(?:system|instructions?|INFORMATION|admin|prompt)>/gi,
	},
	{
		kind: "instruction",
		pattern:
			/\b(?:from now on|henceforth|starting now|for the rest of (?:this|the|our) (?:conversation|chat|session))\b[^.!?\n]{0,40}\b(?:you|answer|respond|reply|act|speak|only|always|never)\b/gi,
	},
	{
		kind: "instruction",
		pattern:
			/\b(?:before|after|instead of|in addition to|while|when|prior to)\s+(?:you\s+)?(?:answer(?:ing)?|respond(?:ing)?|reply(?:ing)?|summari[sz](?:e|ing)|complet(?:e|ing)|solv(?:e|ing))\b[^.!?\n]{0,60}\b(?:please|must|first|also|include|add|insert|append|send|call|do|write|mention|tell|say)\b/gi,
	},
	{
		kind: "instruction",
		pattern:
			/\b(?:modify|change|alter|adjust|rewrite|append|prepend|insert|include|embed|add|end|begin|start|conclude|finish|format|encode|translate|structure)\b[^.!?\n]{0,40}\b(?:your|the|this|each|every)\s+(?:\w+\s){0,2}(?:answer|response|reply|output|summary|message|completion)s?\b/gi,
	},
	{
		kind: "instruction",
		pattern:
			/\b(?:repeat|print|say|output|write|respond with|reply with|answer with|type|return|start with|begin with)\b[^.!?\n]{0,30}(?:["“'`][^"”'`\n]{2,80}["”'`]|\bexactly\b|\bverbatim\b|\bword for word\b|\band nothing else\b|\bonly the (?:word|phrase|text)\b)/gi,
	},
	{
		kind: "instruction",
		pattern:
			/\b(?:ignora|ignorez|ignoriere|ignoriert|vergiss|oublie[zr]?|olvida|dimentica|esquece|negeer|vergeet|zignoruj|ignoruj)\b[^.!?\n]{0,60}\b(?:instru\w+|anweisung\w*|regeln|règles|reglas|consignes?|istruzioni|instruções|instructies|polece\w+|alles?|todo|tutto|tout|vorher\w*|précéd\w+|anterior\w*|precedent\w*)/gi,
	},
	{
		kind: "role",
		pattern:
			/\b(?:you are|you're|you will be|act|behave|respond|pretend(?: to be| you)?|imagine you(?:'re| are)|roleplay|role-play|simulate|play the (?:role|part)|take on the (?:role|persona)|adopt the persona|become)\b\s+(?:now\s+|as\s+|being\s+|like\s+|of\s+)?(?:an?\s|the\s|my\s|no longer|in\s)?[^.!?\n]{0,50}\b(?:unrestricted|unfiltered|uncensored|dan|jailbr\w+|evil|developer mode|debug mode|admin(?:istrator)?|root|sudo|god mode|without (?:any )?(?:rules|restrictions|limits|filters)|no (?:rules|restrictions|limits|filters)|hacker|opposite|free from|not bound|no longer)\b/gi,
	},
	{
		kind: "role",
		pattern:
			/\byou are now\b|\bfrom now on,? you(?:'re| are)\b|\b(?:enter|enable|activate|switch to|engage) (?:\w+ ){0,2}(?:mode|persona)\b|\b(?:do anything now|developer mode|maintenance mode|debug(?:ging)? mode|god mode|sudo mode|system override|override code|admin override)\b/gi,
	},
	{
		kind: "role",
		pattern:
			/\bI(?:'m| am)\s+(?:your|the|an?)\s+(?:\w+\s){0,2}(?:developer|creator|admin(?:istrator)?|owner|operator|programmer|engineer at|security guard|supervisor|boss|god)\b[^.!?\n]{0,80}\b(?:you|access|allow|grant|must|need|tell|give|show|override)\b/gi,
	},
	{
		kind: "extraction",
		pattern:
			/\b(?:repeat|reveal|print|show|display|output|tell|give|share|list|leak|disclose|recite|write|summari[sz]e|translate|copy|echo|expose|state|say|what(?:'s| is| are| were)|return|spell)\b[^.!?\n]{0,60}?\b(?:system prompt|(?:your|the|all|these|previous|above|initial|original|prior|secret|hidden|full|exact)\s+(?:\w+\s){0,3}(?:prompts?|instructions?|rules|guidelines|directives|configuration|secrets?|passwords?|access code|code ?word|credentials|password))\b/gi,
	},
	{
		kind: "extraction",
		pattern:
			/\b(?:everything|all (?:the )?(?:text|words|content|messages?|sentences)|the (?:text|words|content|sentences?|message))\b[^.!?\n]{0,20}\b(?:above|before this|prior to this|preceding|so far|until now|up to (?:now|this point))\b/gi,
	},
	{
		kind: "extraction",
		pattern:
			/\b(?:access granted|access code|pass(?:word|code|phrase) is|the (?:secret )?(?:password|passcode|access code|code word))\b/gi,
	},
	{
		kind: "exfiltration",
		pattern: /!\[[^\]\n]{0,200}\]\(\s{0,3}<?(?:https?:)?\/\/[^)\s]{1,500}/gi,
	},
	{
		kind: "exfiltration",
		pattern:
			/\b(?:send|forward|e-?mail|post|upload|transmit|exfiltrate|submit|deliver|leak|fetch|request|visit|open|click|navigate to|go to|load|call)\b[^.!?\n]{0,80}\b(?:https?:\/\/\S+|[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]{2,60}|(?:data|conversation|history|password|credentials|secrets?|tokens?|files?|contents?|context|information) (?:to|at)\b)/gi,
	},
	{ kind: "exfiltration", pattern: /\b(?:curl|wget|fetch|Invoke-WebRequest)\s+(?:-\S+\s+){0,4}["']?https?:\/\/\S+/gi },
];

const found = (text: string): Find[] =>
	signs.flatMap(({ kind, pattern }) =>
		[...matchesOf(pattern, text)].map((match) => ({ kind, start: match.index, end: match.index + match[0].length })),
	);

/**
 * Signs of instructions that a text brings in: by how it speaks, by letters that nobody sees, by letters that look like others,
 * and by what it says once it is decoded. It knows nothing of meaning: a model that judges can be set beside it.
 */
export const findInjection: Detect = (text) => {
	const finds: Find[] = [...found(text), ...hiddenParts(text)];
	// As it reads to a model: what is told apart by its look only counts as the letter that it looks like.
	const plain = readable(text);
	if (plain.text !== text)
		for (const one of found(plain.text)) {
			const [start, end] = [plain.at(one.start), plain.at(one.end)];
			if (!finds.some((other) => other.start < end && start < other.end)) finds.push({ kind: "disguised", start, end });
		}
	for (const part of decodedParts(text))
		if (found(readable(part.text).text).length > 0 || part.isOrder)
			finds.push({ kind: "encoded", start: part.start, end: part.end });
	return untangled(finds);
};
