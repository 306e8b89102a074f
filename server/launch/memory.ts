/**
 * What the processes that serve people are started with. By itself Node lets the young objects of a process have 128 MB on a large
 * machine, and the old ones four times what is in use: 250 MB, which a worker pays for with a twelfth more time for a run.
 */
export const memoryFlags = ["--max-semi-space-size=16", "--heap-growing-percent=200"];
