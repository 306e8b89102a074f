export { deliverMail, giveUpMail, MailDelayed } from "./deliver-mail";
export { listMails, openMail, readDelivery, sendMail } from "./read-mails";
export { forgetExpiredLinks, forgetLinks, inLine, type Letter, linkMark, ourName, writeMail } from "./write-mail";
