/** What comes with the page itself: enough for the first screen of it. */
export const firstSpans = 200;
