import { type Digest, digest } from '../base/digest.ts';
import type { ResultStatement } from '../pbft/messages.ts';
import type { Behaviour } from '../pbft/replica.ts';
import { encodeStatement } from '../pbft/statement-codec.ts';
import { around } from './around.ts';
import type { AdversaryKit } from './kit.ts';
import { claimResults } from './results.ts';

/** Each a statement that differs from the truth in one field. */
const fields = ['resultsRoot', 'stateDigest', 'timestamp', 'epoch'] as const;

/**
 * Orders and votes like an honest replica, then signs results and states that execution did not
 * give, another to each receiver. It may claim any outcome under its own signature; it may not
 * touch what was agreed.
 */
export function divergentResult(kit: AdversaryKit): Behaviour {
  return (honest) =>
    around(honest, {
      says: (effect) => claimResults(kit, effect, (truth) => lie(kit, truth)),
    });
}

function lie(kit: AdversaryKit, truth: ResultStatement): Partial<ResultStatement> {
  switch (kit.random.pick(fields)) {
    case 'resultsRoot':
      return { resultsRoot: wrong(kit, truth) };
    case 'stateDigest':
      return { stateDigest: wrong(kit, truth) };
    case 'timestamp':
      return { timestamp: truth.timestamp + 1 };
    case 'epoch':
      return { epoch: truth.epoch + 1, stateDigest: wrong(kit, truth) };
  }
}

function wrong(kit: AdversaryKit, truth: ResultStatement): Digest {
  return digest(`adversaries/divergent/${kit.random.below(3)}`, encodeStatement(truth));
}
