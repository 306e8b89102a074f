/** A chat opens with these, and asks for so many times as many when its reader goes up, as far as the server goes. */
export const firstTurns = 20;
export const growth = 4;
export const mostTurns = 1_000;
