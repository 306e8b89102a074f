export { tokenHandler as POST } from "@/server/tokens/handler";
