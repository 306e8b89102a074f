export { downloadExport as GET } from "@/server/faces/export-download";
