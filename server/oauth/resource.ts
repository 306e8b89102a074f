import { ownOrigin } from "@/server/core/own-origin";

/** The one thing that programs are let in to. */
export const mcpPath = "/api/mcp";
/** Its address, as programs name it (RFC 8707) and tokens carry it. */
export const mcpResource = (host: string | null | undefined): string => `${ownOrigin(host)}${mcpPath}`;
/** Where programs read who guards it (RFC 9728). */
export const resourceMetadataPath = `/.well-known/oauth-protected-resource${mcpPath}`;
