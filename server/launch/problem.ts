/** Why Quarterdeck can't start, in one line for the person at the terminal: what is wrong and how to mend it. */
export class LaunchProblem extends Error {
	override readonly name = "LaunchProblem";
}
