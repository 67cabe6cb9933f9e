/**
 * Why something was ignored or rejected, for the log. Guards return null where nothing is wrong.
 */
export type Reason = string;
