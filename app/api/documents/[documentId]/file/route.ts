export { downloadDocument as GET } from "@/server/faces/document-download";
