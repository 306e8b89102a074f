-- What drizzle-kit can't say: partitions by month, the view that people read, and the only ways in which audit rows move.
ALTER TABLE "audit_log" RENAME TO "audit_log_plain";
--> statement-breakpoint
CREATE TABLE "audit_log" (LIKE "audit_log_plain" INCLUDING DEFAULTS INCLUDING INDEXES) PARTITION BY RANGE ("sealed_at");
--> statement-breakpoint
DROP TABLE "audit_log_plain";
--> statement-breakpoint
ALTER TABLE "audit_personal" RENAME TO "audit_personal_plain";
--> statement-breakpoint
CREATE TABLE "audit_personal" (LIKE "audit_personal_plain" INCLUDING DEFAULTS INCLUDING INDEXES) PARTITION BY RANGE ("sealed_at");
--> statement-breakpoint
DROP TABLE "audit_personal_plain";
--> statement-breakpoint
WITH new AS (SELECT gen_random_uuid() AS chain)
INSERT INTO "audit_chain" ("chain", "root") SELECT chain, sha256(convert_to(chain::text, 'UTF8')) FROM new;
--> statement-breakpoint
INSERT INTO "audit_streams" DEFAULT VALUES;
--> statement-breakpoint
-- Rows come and go all the time: what is left of them is cleared away soon, and never gets long.
ALTER TABLE "audit_pending" SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000,
	autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 100000, autovacuum_vacuum_cost_delay = 0);
--> statement-breakpoint
-- Stops a mistake of ours and of whoever administers the database. A role of the product's own has no right to begin with; who
-- owns the database can take the trigger away, and is found out by the chain.
CREATE FUNCTION audit_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF TG_NARGS = 0 OR current_setting('audit.way', true) IS DISTINCT FROM TG_ARGV[0] THEN
		RAISE EXCEPTION 'the audit is append only: % on % is refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
	END IF;
	RETURN CASE TG_OP WHEN 'DELETE' THEN OLD WHEN 'UPDATE' THEN NEW END;
END $$;
--> statement-breakpoint
CREATE TRIGGER audit_guard BEFORE UPDATE OR DELETE ON "audit_log" FOR EACH ROW EXECUTE FUNCTION audit_guard();
--> statement-breakpoint
CREATE TRIGGER audit_guard_all BEFORE TRUNCATE ON "audit_log" EXECUTE FUNCTION audit_guard();
--> statement-breakpoint
CREATE TRIGGER audit_guard BEFORE UPDATE OR DELETE ON "audit_personal" FOR EACH ROW EXECUTE FUNCTION audit_guard('erase');
--> statement-breakpoint
CREATE TRIGGER audit_guard_all BEFORE TRUNCATE ON "audit_personal" EXECUTE FUNCTION audit_guard();
--> statement-breakpoint
CREATE TRIGGER audit_guard BEFORE UPDATE OR DELETE ON "audit_pending" FOR EACH ROW EXECUTE FUNCTION audit_guard('seal');
--> statement-breakpoint
CREATE TRIGGER audit_guard_all BEFORE TRUNCATE ON "audit_pending" EXECUTE FUNCTION audit_guard();
--> statement-breakpoint
CREATE TRIGGER audit_guard BEFORE UPDATE OR DELETE ON "audit_checkpoints" FOR EACH ROW EXECUTE FUNCTION audit_guard();
--> statement-breakpoint
CREATE TRIGGER audit_guard_all BEFORE TRUNCATE ON "audit_checkpoints" EXECUTE FUNCTION audit_guard();
--> statement-breakpoint
CREATE TRIGGER audit_guard BEFORE UPDATE OR DELETE ON "audit_dropped" FOR EACH ROW EXECUTE FUNCTION audit_guard();
--> statement-breakpoint
CREATE TRIGGER audit_guard_all BEFORE TRUNCATE ON "audit_dropped" EXECUTE FUNCTION audit_guard();
--> statement-breakpoint
-- Makes the partitions of a month where they are missing. Attaching locks out nobody who reads or writes.
CREATE FUNCTION audit_make_month(moment timestamptz) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	first timestamp := date_trunc('month', moment AT TIME ZONE 'UTC');
	parent text;
	part text;
BEGIN
	IF to_regclass('audit_log_' || to_char(first, 'YYYY_MM')) IS NOT NULL
		AND to_regclass('audit_personal_' || to_char(first, 'YYYY_MM')) IS NOT NULL THEN RETURN; END IF;
	PERFORM pg_advisory_xact_lock(hashtext('quarterdeck audit months'));
	FOREACH parent IN ARRAY ARRAY['audit_log', 'audit_personal'] LOOP
		part := parent || '_' || to_char(first, 'YYYY_MM');
		CONTINUE WHEN to_regclass(part) IS NOT NULL;
		EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS)', part, parent);
		EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, part,
			first AT TIME ZONE 'UTC', (first + interval '1 month') AT TIME ZONE 'UTC');
		-- A trigger for rows comes from the parent; one for TRUNCATE does not.
		EXECUTE format('CREATE TRIGGER audit_guard_all BEFORE TRUNCATE ON %I EXECUTE FUNCTION audit_guard()', part);
	END LOOP;
END $$;
--> statement-breakpoint
-- Moves pending entries into the log, numbered on from `expected`, as `seals` orders them. What it moves is what was pending:
-- the caller gives numbers and hashes, never a content.
CREATE FUNCTION audit_seal(expected bigint, moment timestamptz, seals jsonb) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	moved bigint;
	chain audit_chain%ROWTYPE;
BEGIN
	SELECT * INTO chain FROM audit_chain FOR UPDATE;
	IF chain.size <> expected THEN
		RAISE EXCEPTION 'the chain has % entries, not %', chain.size, expected USING ERRCODE = 'serialization_failure';
	END IF;
	IF moment < chain.sealed_at THEN
		RAISE EXCEPTION 'entries can not be sealed before %', chain.sealed_at USING ERRCODE = 'invalid_parameter_value';
	END IF;
	PERFORM audit_make_month(moment);
	PERFORM set_config('audit.way', 'seal', true);
	WITH given AS (
		SELECT (s->>'id')::bigint AS id, n, decode(s->>'hash', 'hex') AS hash,
			decode(s->>'actorSalt', 'hex') AS actor_salt, decode(s->>'actorCommitment', 'hex') AS actor_commitment,
			decode(s->>'subjectSalt', 'hex') AS subject_salt, decode(s->>'subjectCommitment', 'hex') AS subject_commitment
		FROM jsonb_array_elements(seals) WITH ORDINALITY AS e(s, n)
	), gone AS (
		DELETE FROM audit_pending p USING given g WHERE p.id = g.id RETURNING p.*
	), kept AS (
		INSERT INTO audit_log (seq, sealed_at, id, at, actor_kind, actor_id, user_id, chain, via, action, resource_kind, resource_id,
			outcome, reason, detail, before, after, request_id, run_id, hash, actor_commitment, subject_commitment)
		SELECT expected + g.n, moment, p.id, p.at, p.actor_kind, p.actor_id, p.user_id, p.chain, p.via, p.action, p.resource_kind,
			p.resource_id, p.outcome, p.reason, p.detail, p.before, p.after, p.request_id, p.run_id, g.hash, g.actor_commitment,
			g.subject_commitment
		FROM gone p JOIN given g ON g.id = p.id ORDER BY g.n
		RETURNING 1
	), erased AS (
		SELECT u.id FROM users u WHERE u.erased_at IS NOT NULL AND u.id IN (SELECT user_id FROM gone UNION SELECT subject_id FROM gone)
	), named AS (
		INSERT INTO audit_personal (seq, sealed_at, user_id, actor_salt, actor, subject_id, subject_salt, subject)
		SELECT expected + g.n, moment, p.user_id,
			CASE WHEN NOT act THEN g.actor_salt END, CASE WHEN NOT act THEN p.actor END, p.subject_id,
			CASE WHEN NOT sub THEN g.subject_salt END, CASE WHEN NOT sub THEN p.subject END
		FROM gone p JOIN given g ON g.id = p.id
		CROSS JOIN LATERAL (SELECT coalesce(p.user_id, p.subject_id) IN (SELECT id FROM erased) IS TRUE AS act,
			p.subject_id IN (SELECT id FROM erased) IS TRUE AS sub) AS is_erased
		ORDER BY g.n
	)
	SELECT count(*) INTO moved FROM kept;
	PERFORM set_config('audit.way', '', true);
	IF moved <> jsonb_array_length(seals) THEN
		RAISE EXCEPTION '% of % entries were pending', moved, jsonb_array_length(seals) USING ERRCODE = 'serialization_failure';
	END IF;
	UPDATE audit_chain SET size = expected + moved, root = decode(seals->-1->>'hash', 'hex'), sealed_at = moment;
	RETURN moved;
END $$;
--> statement-breakpoint
-- Empties what names an erased person, at most `most` entries at a time; answers how many. Only an account that is marked as
-- erased, and that nobody holds.
CREATE FUNCTION audit_erase(person uuid, most int) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	n bigint;
	total bigint := 0;
BEGIN
	PERFORM 1 FROM users WHERE id = person AND erased_at IS NOT NULL;
	IF NOT FOUND THEN RAISE EXCEPTION 'this account is not erased' USING ERRCODE = 'insufficient_privilege'; END IF;
	PERFORM 1 FROM audit_holds WHERE released_at IS NULL AND (user_id IS NULL OR user_id = person);
	IF FOUND THEN RAISE EXCEPTION 'this account is held' USING ERRCODE = 'insufficient_privilege'; END IF;
	-- The sealer waits, so that no entry slips in between.
	PERFORM 1 FROM audit_chain FOR UPDATE;
	PERFORM set_config('audit.way', 'erase', true);
	UPDATE audit_personal SET actor = NULL, actor_salt = NULL WHERE (seq, sealed_at) IN (
		SELECT seq, sealed_at FROM audit_personal WHERE user_id = person AND actor IS NOT NULL LIMIT most);
	GET DIAGNOSTICS n = ROW_COUNT;
	total := total + n;
	UPDATE audit_personal SET actor = CASE WHEN user_id IS NULL THEN NULL ELSE actor END,
		actor_salt = CASE WHEN user_id IS NULL THEN NULL ELSE actor_salt END, subject = NULL, subject_salt = NULL
	WHERE (seq, sealed_at) IN (
		SELECT seq, sealed_at FROM audit_personal WHERE subject_id = person
			AND (subject IS NOT NULL OR user_id IS NULL AND actor IS NOT NULL) LIMIT most);
	GET DIAGNOSTICS n = ROW_COUNT;
	total := total + n;
	PERFORM set_config('audit.way', '', true);
	RETURN total;
END $$;
--> statement-breakpoint
-- Empties what others' entries say in free text of an erased person: wherever their name or address stands as whole words, in entries
-- from one number up to another. Also what was written about an address before it had an account.
CREATE FUNCTION audit_erase_words(person uuid, words text[], low bigint, high bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	n bigint;
	pattern text;
BEGIN
	PERFORM 1 FROM users WHERE id = person AND erased_at IS NOT NULL;
	IF NOT FOUND THEN RAISE EXCEPTION 'this account is not erased' USING ERRCODE = 'insufficient_privilege'; END IF;
	PERFORM 1 FROM audit_holds WHERE released_at IS NULL AND (user_id IS NULL OR user_id = person);
	IF FOUND THEN RAISE EXCEPTION 'this account is held' USING ERRCODE = 'insufficient_privilege'; END IF;
	-- As JSON writes them, with what means something to a pattern escaped.
	SELECT '(^|\W)(' || string_agg(regexp_replace(btrim(to_jsonb(word)::text, '"'), '([^\w\s])', '\\\1', 'g'), '|') || ')(\W|$)'
		INTO pattern FROM unnest(words) word;
	IF pattern IS NULL THEN RETURN 0; END IF;
	PERFORM 1 FROM audit_chain FOR UPDATE;
	PERFORM set_config('audit.way', 'erase', true);
	UPDATE audit_personal SET subject = NULL, subject_salt = NULL
	WHERE seq >= low AND seq < high AND subject IS NOT NULL AND subject::text ~* pattern;
	GET DIAGNOSTICS n = ROW_COUNT;
	PERFORM set_config('audit.way', '', true);
	RETURN n;
END $$;
--> statement-breakpoint
-- Drops the oldest month when it is older than retention keeps and nobody holds anything in it; answers the last number that
-- went, null where nothing did. `signed` is the checkpoint that proves what was there.
CREATE FUNCTION audit_drop_month(signed jsonb) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	suffix text;
	first date;
	low bigint;
	high bigint;
	end_root bytea;
	is_held boolean;
BEGIN
	SELECT substr(inhrelid::regclass::text, 11) INTO suffix FROM pg_inherits WHERE inhparent = 'audit_log'::regclass ORDER BY 1 LIMIT 1;
	first := to_date(suffix, 'YYYY_MM');
	PERFORM 1 FROM audit_chain
		WHERE first + interval '1 month' + make_interval(months => retention_months) <= now() AT TIME ZONE 'UTC' FOR UPDATE;
	IF NOT FOUND THEN RETURN NULL; END IF;
	EXECUTE format('SELECT exists (SELECT FROM audit_holds h WHERE h.released_at IS NULL AND (h.user_id IS NULL
		OR exists (SELECT FROM %1$I p WHERE p.user_id = h.user_id) OR exists (SELECT FROM %1$I p WHERE p.subject_id = h.user_id)))',
		'audit_personal_' || suffix) INTO is_held;
	IF is_held THEN RETURN NULL; END IF;
	EXECUTE format('SELECT min(seq), max(seq) FROM %I', 'audit_log_' || suffix) INTO low, high;
	-- What is streamed is not lost before the other side has it.
	PERFORM 1 FROM audit_streams WHERE state <> 'off' AND sent_seq < high;
	IF FOUND THEN RETURN NULL; END IF;
	IF high IS NOT NULL THEN
		IF (signed->>'size')::bigint < high OR signed->>'chain' <> (SELECT chain::text FROM audit_chain) THEN
			RAISE EXCEPTION 'no checkpoint proves entry %', high USING ERRCODE = 'insufficient_privilege';
		END IF;
		EXECUTE format('SELECT hash FROM %I WHERE seq = %L', 'audit_log_' || suffix, high) INTO end_root;
		INSERT INTO audit_dropped (month, first_seq, last_seq, root, checkpoint) VALUES (first, low, high, end_root, signed);
	END IF;
	EXECUTE format('DROP TABLE %I, %I', 'audit_log_' || suffix, 'audit_personal_' || suffix);
	RETURN coalesce(high, 0);
END $$;
--> statement-breakpoint
SELECT audit_make_month(now()), audit_make_month(now() + interval '1 month');
--> statement-breakpoint
CREATE VIEW "audit_entries" AS
SELECT id, NULL::bigint AS seq, at, NULL::timestamptz(3) AS sealed_at, NULL::bytea AS hash, actor_kind, actor_id,
	actor->>'label' AS actor_label, user_id, chain, via, action, resource_kind, resource_id, outcome, reason,
	detail || coalesce(subject->'detail', '{}') AS detail,
	CASE WHEN before IS NOT NULL OR subject ? 'before' THEN coalesce(before, '{}') || coalesce(subject->'before', '{}') END AS before,
	CASE WHEN after IS NOT NULL OR subject ? 'after' THEN coalesce(after, '{}') || coalesce(subject->'after', '{}') END AS after,
	request_id, run_id, actor->>'address' AS address, actor->>'userAgent' AS user_agent, subject_id
FROM audit_pending
UNION ALL
SELECT l.id, l.seq, l.at, l.sealed_at, l.hash, l.actor_kind, l.actor_id, coalesce(p.actor->>'label', 'erased person'), l.user_id,
	l.chain, l.via, l.action, l.resource_kind, l.resource_id, l.outcome, l.reason, l.detail || coalesce(p.subject->'detail', '{}'),
	CASE WHEN l.before IS NOT NULL OR p.subject ? 'before' THEN coalesce(l.before, '{}') || coalesce(p.subject->'before', '{}') END,
	CASE WHEN l.after IS NOT NULL OR p.subject ? 'after' THEN coalesce(l.after, '{}') || coalesce(p.subject->'after', '{}') END,
	l.request_id, l.run_id, p.actor->>'address', p.actor->>'userAgent', p.subject_id
FROM audit_log l LEFT JOIN audit_personal p ON p.seq = l.seq AND p.sealed_at = l.sealed_at;
