-- Holds back of budgets what calls may take, in one journey: the same as `hold` of server/budgets where every counter is there and has
-- room for all of the calls. False where that is not so, and then nothing is held. Each statement here sees what was written before it
-- began, so that the sums are those of after the rows were taken, in the order in which everybody takes them.
CREATE FUNCTION budget_hold(calls jsonb) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	wanted int;
	taken int;
BEGIN
	SELECT count(DISTINCT (w.id, w.part)) INTO wanted FROM jsonb_to_recordset(calls) AS w(id uuid, part text);
	PERFORM 1 FROM budget_counters c WHERE EXISTS (
		SELECT FROM jsonb_to_recordset(calls) AS w(id uuid, part text, span text)
		WHERE w.id = c.budget_id AND w.part = c.subject
			AND c.starts_at = CASE w.span WHEN 'always' THEN to_timestamp(0) ELSE date_trunc(w.span, now(), 'UTC') END)
	ORDER BY c.budget_id, c.subject, c.starts_at FOR UPDATE;
	GET DIAGNOSTICS taken = ROW_COUNT;
	IF taken < wanted THEN RETURN false; END IF;
	IF EXISTS (
		SELECT FROM (
			SELECT w.id, w.part, w.span, sum(w.amount) AS amount, min(w.most) AS most
			FROM jsonb_to_recordset(calls) AS w(id uuid, part text, span text, amount bigint, most bigint) GROUP BY 1, 2, 3
		) w JOIN budget_counters c ON c.budget_id = w.id AND c.subject = w.part
			AND c.starts_at = CASE w.span WHEN 'always' THEN to_timestamp(0) ELSE date_trunc(w.span, now(), 'UTC') END
		WHERE c.used + w.amount + (
			SELECT coalesce(sum(h.reserved), 0) FROM budget_holds h WHERE h.budget_id = c.budget_id AND h.subject = c.subject
				AND h.starts_at = c.starts_at AND h.settled IS NULL AND h.expires_at > clock_timestamp()) > w.most
	) THEN RETURN false; END IF;
	INSERT INTO budget_holds (call_id, budget_id, subject, starts_at, measure, reserved, expires_at)
	SELECT w."callId", w.id, w.part, CASE w.span WHEN 'always' THEN to_timestamp(0) ELSE date_trunc(w.span, now(), 'UTC') END,
		w.measure, w.amount, now() + w."ttlMs" * interval '1 millisecond'
	FROM jsonb_to_recordset(calls)
		AS w("callId" uuid, "ttlMs" float8, id uuid, part text, span text, measure text, amount bigint);
	RETURN true;
END $$;
