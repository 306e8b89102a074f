/**
 * A chat opens with these, which fill a screen: each costs the server and the browser some milliseconds before the newest is in
 * sight. It asks for so many times as many once it stands, and again when its reader goes up, as far as the server goes.
 */
export const firstTurns = 5;
export const growth = 4;
export const mostTurns = 1_000;
