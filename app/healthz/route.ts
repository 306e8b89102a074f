export { healthz as GET } from "@/server/system/probes";

export const dynamic = "force-dynamic";
