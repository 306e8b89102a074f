import { lookEverywhere } from "./looks";

lookEverywhere(360);
