export { acceptByProvider, acceptInvitation, lookAtInvitation } from "./accept-invitation";
export { invite, resendInvitation, revokeInvitation } from "./change-invitations";
export { listInvitations } from "./read-invitations";
