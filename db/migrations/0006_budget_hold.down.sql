DROP FUNCTION budget_hold;
