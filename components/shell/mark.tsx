/** A brig's mast under sail, over the deck line. */
export function Mark({ size = 24 }: { size?: number }) {
	return (
		<svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
			<rect width="32" height="32" rx="7" fill="#0f766e" />
			<path
				d="M6.5 21h19M9 21l2.600 4.500h8.800L23 21M16 6v15M16 7.500l6.500 9.500H16M16 11l-5 6h5"
				fill="none"
				stroke="#fff"
				strokeWidth="2"
				strokeLinecap="round"
				strokeLinejoin="round"
			/>
		</svg>
	);
}
