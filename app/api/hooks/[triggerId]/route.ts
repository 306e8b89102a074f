export { hookHandler as POST } from "@/server/faces/hook";
