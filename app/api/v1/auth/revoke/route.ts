export { revokeHandler as POST } from "@/server/tokens/handler";
