/** As a `ref`: brings the current one of a strip that is wider than the screen into sight. */
export function bringIntoSight(element: HTMLElement | null): void {
	const strip = element?.parentElement;
	if (element && strip) strip.scrollLeft = element.offsetLeft - (strip.clientWidth - element.clientWidth) / 2;
}
