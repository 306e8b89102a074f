export { cspReport as POST } from "@/server/faces/csp";
