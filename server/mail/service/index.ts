export { deliverMail, giveUpMail, MailDelayed } from "./deliver-mail";
export { listMails, openMail, readDelivery, sendMail } from "./read-mails";
export { addressOf, forgetExpiredLinks, forgetLinks, inLine, type Letter, linkMark, writeMail } from "./write-mail";
