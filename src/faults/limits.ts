/** When what a replica does, or does not do, becomes a strike. */
export const limits = {
  /** Status intervals without a message. An idle replica is quiet for four of five of them. */
  silentIntervals: 10,
  /** Messages are counted over windows of this length. */
  floodWindowMs: 1000,
  /** No flood below this many messages a second: a small cluster's view change sends dozens. */
  floodPerSecond: 60,
  /** Times the median of the others. A primary sends twice what a backup does. */
  floodFactor: 4,
  /** Clients one replica has an opinion of. Beyond it the one struck longest ago is forgotten. */
  clients: 4096,
} as const;
