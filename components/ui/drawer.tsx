"use client";

import { type MouseEvent, type ReactNode, useEffect, useRef } from "react";

/**
 * At the side of a narrow screen, over the page. A native dialog keeps focus inside and closes on Esc; a click beside it and a
 * way to another page close it too. It is made when it is opened: most pages never need what is in it.
 */
export function Drawer(props: {
	label: string;
	className: string | undefined;
	onClosed: () => void;
	children: (close: () => void) => ReactNode;
}) {
	const drawer = useRef<HTMLDialogElement>(null);
	useEffect(() => drawer.current?.showModal(), []);
	const close = () => drawer.current?.close();
	const onClick = ({ target }: MouseEvent) => {
		if (target === drawer.current || (target instanceof Element && target.closest("a"))) close();
	};
	return (
		// biome-ignore lint/a11y/useKeyWithClickEvents: Esc closes it natively
		<dialog
			ref={drawer}
			className={props.className}
			aria-label={props.label}
			onClick={onClick}
			onClose={props.onClosed}
		>
			{props.children(close)}
		</dialog>
	);
}
