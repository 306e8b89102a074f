/** What `npm start` knows before anything of ours was built. */
export type LaunchOptions = {
	root: string;
	/** The Node that the other processes run on. */
	node: string;
	demo: boolean;
	dev: boolean;
	isUnderNpm: boolean;
	stage: <T>(name: string, work: (show: (hint: string) => void) => Promise<T>, hint?: string) => Promise<T>;
	onRunning: (running: { url: string; isEnding: () => boolean; restartWorker: () => void }) => void;
};
