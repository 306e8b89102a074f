export { metricsHandler as GET } from "@/server/faces/metrics";
