export {
	restHandler as DELETE,
	restHandler as GET,
	restHandler as HEAD,
	restHandler as OPTIONS,
	restHandler as PATCH,
	restHandler as POST,
	restHandler as PUT,
} from "@/server/faces/rest/handler";
