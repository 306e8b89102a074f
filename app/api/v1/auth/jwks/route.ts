export { jwksHandler as GET } from "@/server/tokens/handler";
