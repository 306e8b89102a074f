export { listAudit } from "./list-audit";
