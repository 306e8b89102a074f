export { deliverMail, giveUpMail, MailDelayed } from "./deliver-mail";
export { listMails, openMail, readDelivery, sendMail } from "./read-mails";
export { forgetExpiredLinks, forgetLinks, type Letter, linkMark, writeMail } from "./write-mail";
