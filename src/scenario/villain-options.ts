import type { RoleOptions } from '../adversaries/cast.ts';
import { type Format, integer, list, mapping, maybe, refine } from './format.ts';
import * as limits from './limits.ts';
import { duration, formatDuration, probability, rate } from './quantity.ts';
import type { AdversarySpec, Scenario } from './scenario.ts';

const anyReplica = integer(0, limits.maxReplicas - 1);

/** What a file may tell an adversary of its part. Which behaviour knows which key: below. */
export const villainOptions: Format<RoleOptions> = refine(
  mapping('options', {
    share: maybe(probability, 'In what share of its steps it plays its part; all know this.'),
    delay: maybe(duration, 'delay: how long a message is held at the most.'),
    skew: maybe(duration, 'skewTimestamp: how far its times are off, either way.'),
    rate: maybe(rate, 'flood, replay, slander, forgeProof, staleView: additions a second.'),
    probability: maybe(probability, 'mutate: share of its messages that is changed.'),
    client: maybe(integer(0, limits.maxClients - 1), 'censor: the one client it is deaf to.'),
    victims: maybe(
      list(anyReplica, 1, limits.maxReplicas),
      'silent, withholdPrePrepares: these alone are not told.',
    ),
    favourite: maybe(anyReplica, 'withholdCommits: who alone is told of every second slot.'),
  }),
  ({ delay, skew, rate: messagesPerSecond, ...same }): RoleOptions => {
    const all = { ...same, delayMs: delay, skewMs: skew, messagesPerSecond };
    return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null));
  },
);

type Key = keyof RoleOptions;

/** What each behaviour can be told besides `share`. */
const optionsOf: Readonly<Partial<Record<AdversarySpec['behaviour'], Key>>> = {
  silent: 'victims',
  delay: 'delayMs',
  withholdCommits: 'favourite',
  withholdPrePrepares: 'victims',
  censor: 'client',
  forgeProof: 'messagesPerSecond',
  replay: 'messagesPerSecond',
  flood: 'messagesPerSecond',
  staleView: 'messagesPerSecond',
  skewTimestamp: 'skewMs',
  mutate: 'probability',
  slander: 'messagesPerSecond',
};

/** As a file names it. */
function nameOf(key: Key): string {
  switch (key) {
    case 'delayMs':
      return 'delay';
    case 'skewMs':
      return 'skew';
    case 'messagesPerSecond':
      return 'rate';
    default:
      return key;
  }
}

/** As {@link villainOptions} reads it back. */
export function writeOptions(options: RoleOptions): object {
  const { delayMs, skewMs, messagesPerSecond, ...same } = options;
  return {
    ...same,
    ...(delayMs === undefined ? {} : { delay: formatDuration(delayMs) }),
    ...(skewMs === undefined ? {} : { skew: formatDuration(skewMs) }),
    ...(messagesPerSecond === undefined ? {} : { rate: `${messagesPerSecond}/s` }),
  };
}

interface OptionFault {
  readonly key: string;
  readonly found: string;
  readonly allowed: string;
}

/** Options that mean nothing to the behaviour, and a client that is not there. */
export function faultsOfOptions(
  behaviour: AdversarySpec['behaviour'],
  options: RoleOptions,
  { kind, clients }: Scenario['workload'],
): readonly OptionFault[] {
  const own = optionsOf[behaviour];
  const known: readonly Key[] = own === undefined ? ['share'] : ['share', own];
  const keys = Object.keys(options) as Key[];
  const faults = keys
    .filter((key) => !known.includes(key))
    .map((key): OptionFault => {
      const allowed = `${known.map(nameOf).join(', ')} for ${behaviour}`;
      return { key: nameOf(key), found: nameOf(key), allowed };
    });
  const { client } = options;
  if (client === undefined || (kind !== 'nops' && client < clients)) return faults;
  const allowed =
    kind === 'nops' ? 'none for nops: no client signs them' : `a client from 0 to ${clients - 1}`;
  return [...faults, { key: 'client', found: `client ${client}`, allowed }];
}
