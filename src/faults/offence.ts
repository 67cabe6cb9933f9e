/**
 * Misbehaviour that cannot be proved to others, and how heavily each weighs. A correct replica on a
 * bad link collects the light ones, so it takes many of them in a short time to be suspected; the
 * heavy ones no correct replica sends at all.
 */
export const offenceWeights = {
  /** Nothing heard for a status interval or more. */
  silence: 2,
  /** Served, but late: a request waited for its whole timeout. */
  slowness: 3,
  /** More messages than a replica has reason to send. */
  flood: 5,
  /** Bytes that do not decode, signatures that do not verify, messages no correct replica sends. */
  garbage: 5,
  /** Evidence that convicts nobody: forged, replayed or of another chain. */
  slander: 10,
} as const;

export type Offence = keyof typeof offenceWeights;
