import { describe, expect, it } from 'vitest';
import { ed25519 } from '../../src/base/signature.ts';
import { foundCluster } from '../../src/daemon/found-cluster.ts';
import { formatGenesisFile, parseGenesisFile } from '../../src/daemon/genesis-file.ts';
import { genesisDigest } from '../../src/ledger/genesis-state.ts';
import { isPlotSize } from '../../src/proofs/plot.ts';
import { formatProblem } from '../../src/scenario/problem.ts';

const key = (n: number) => ed25519.signer(new Uint8Array(32).fill(n)).publicKey;
const founding = {
  profile: 'localhost',
  fullProofs: false,
  validators: [1, 2, 3, 4].map(key),
  standbys: [5].map(key),
  accounts: [{ nodeId: key(9), namePatterns: ['*'] }],
  nowMs: Date.UTC(2026, 0, 1),
} as const;
const file = foundCluster(founding);
const text = formatGenesisFile(file);
// biome-ignore lint/suspicious/noExplicitAny: what is broken on purpose has no type
type Broken = any;

function problemsWith(change: (written: Broken) => void): string {
  const written = JSON.parse(text);
  change(written);
  const parsed = parseGenesisFile('genesis.json', `${JSON.stringify(written, null, 2)}\n`);
  return parsed.ok ? 'accepted' : parsed.problems.map(formatProblem).join('\n');
}

describe('a genesis file', () => {
  it('says all of a genesis: what is read is what was written', () => {
    const parsed = parseGenesisFile('genesis.json', text);
    expect(parsed).toMatchObject({ ok: true, value: file });
    expect(parsed.ok && genesisDigest(parsed.value.genesis)).toBe(genesisDigest(file.genesis));
  });

  it('is another for every cluster, whatever they have in common', () => {
    expect(foundCluster(founding).genesis.chainId).not.toBe(file.genesis.chainId);
  });

  it.each([
    ['a wrong format', (w: Broken) => (w.format = 'hypermesh-genesis-2'), 'format: found "hyper'],
    ['three validators', (w: Broken) => w.validators.pop(), 'validators: found'],
    [
      'a short key',
      (w: Broken) => (w.validators[1] = 'ab'),
      'validators[1]: found "ab"; allowed: 64',
    ],
    ['one key twice', (w: Broken) => (w.validators[1] = w.validators[0]), 'with one key'],
    ['an unknown key', (w: Broken) => (w.validator = []), '"validators", perhaps'],
    ['no requirements', (w: Broken) => delete w.requirements, 'requirements: found nothing'],
    [
      'half a window',
      (w: Broken) => (w.parameters.log_window = 24),
      'a multiple of checkpoint_int',
    ],
    [
      'a plot of 3 labels',
      (w: Broken) => (w.plot.labels = 3),
      'plot.labels: found 3; allowed: a po',
    ],
    [
      'an account without names',
      (w: Broken) => (w.accounts[0].name_patterns = []),
      'name_patterns',
    ],
    [
      'a name no one has',
      (w: Broken) => (w.accounts[0].name_patterns = ['a b']),
      '"*", "*.suffix"',
    ],
    [
      'two equal accounts',
      (w: Broken) => w.accounts.push(w.accounts[0]),
      'two accounts of one node',
    ],
  ])('with %s is refused', (_why, change, says) => {
    const problems = problemsWith(change);
    expect(problems).toMatch(/^genesis\.json:\d+:\d+: /);
    expect(problems).toContain(says);
  });

  it('may be written by hand, with comments', () => {
    const parsed = parseGenesisFile('genesis.yaml', `# ours\n${text}`);
    expect(parsed.ok).toBe(true);
  });
});

describe('a new cluster', () => {
  it.each([
    ['localhost', 2 ** 20, 14, 1],
    ['default', 2 ** 30, 14, 1024],
    ['production', 10 * 2 ** 30, 14, 10_240],
  ] as const)('of profile %s asks for its plots at a scale one machine can make', (...row) => {
    const [profile, bytes, bits, scaleFactor] = row;
    const { genesis, plot } = foundCluster({ ...founding, profile });
    expect(genesis.requirements.minimumStorageBytes).toBe(bytes);
    expect(genesis.requirements.minimumComputeBits).toBe(bits);
    expect(plot).toEqual({ labels: 32_768, scaleFactor });
  });

  it.each([
    ['default', 2 ** 30, 20],
    ['production', 10 * 2 ** 30, 24],
  ] as const)('of profile %s asks for full plots and work where it is told to', (...row) => {
    const [profile, bytes, bits] = row;
    const { genesis, plot } = foundCluster({ ...founding, profile, fullProofs: true });
    expect(genesis.requirements.minimumComputeBits).toBe(bits);
    expect(plot.scaleFactor).toBe(1);
    expect(plot.labels * 32).toBeGreaterThanOrEqual(bytes);
    expect(isPlotSize(plot.labels)).toBe(true);
  });

  it('gives every account more stake than the profile asks, locked for years', () => {
    const { genesis } = foundCluster({ ...founding, profile: 'production' });
    const [account] = genesis.accounts;
    expect(account?.amount).toBeGreaterThan(genesis.requirements.minimumStake);
    expect(account?.lockedSinceMs).toBeLessThan(founding.nowMs);
    expect(account?.lockedUntilMs).toBeGreaterThan(founding.nowMs + 9 * 365 * 86_400_000);
  });
});
