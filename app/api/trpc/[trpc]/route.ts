export { rpcHandler as GET, rpcHandler as POST } from "@/server/trpc/handler";
