/**
 * Scenarios of the catalogue that the tests play on real processes over libp2p as well: small ones
 * that say nothing of latency, for real time is as fast as the machine. The README names them.
 */
export const onLibp2p: readonly { readonly file: string; readonly name: string }[] = [
  { file: 'issuance.yaml', name: 'issuance' },
  { file: 'crash-and-restart.yaml', name: 'crash-and-restart' },
  { file: 'crash-and-restart.yaml', name: 'lost-disk' },
  { file: 'partition.yaml', name: 'primary-cut-off' },
  { file: 'power-loss.yaml', name: 'power-loss' },
];
