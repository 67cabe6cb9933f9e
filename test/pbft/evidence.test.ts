import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { digest } from '../../src/base/digest.ts';
import { idealScheme } from '../../src/base/ideal-signature.ts';
import { seal } from '../../src/pbft/envelope.ts';
import { type Evidence, newestSequence } from '../../src/pbft/evidence.ts';
import { rejectEvidence } from '../../src/pbft/evidence-check.ts';
import { decodeEvidence, encodeEvidence } from '../../src/pbft/evidence-codec.ts';
import type {
  Commit,
  Envelope,
  PrePrepare,
  Prepare,
  Statement,
  ViewChange,
} from '../../src/pbft/messages.ts';
import { TestCluster } from './cluster.ts';

/** Four replicas; replica 3 is accused of everything. */
const cluster = new TestCluster(4, { checkpointInterval: 4, logWindow: 8 }, idealScheme);
const { verify, validators, parameters } = cluster;
const court = { verify, validators, parameters };
const name = (text: string) => digest('test/name', utf8(text));

function say<S extends Statement>(statement: S, by = 3): Envelope<S> {
  return seal(statement, by, cluster.signer(by), validators.chainId);
}

function forged<S extends Statement>(envelope: Envelope<S>): Envelope<S> {
  return { ...envelope, signature: envelope.signature.map((byte) => byte ^ 1) };
}

const header = (sequence: number, batch: string, view = 3): PrePrepare => {
  return { type: 'prePrepare', view, sequence, batchDigest: name(batch), timestamp: 1 };
};
const commit = (sequence: number, what: string, view = 0): Commit => {
  return { type: 'commit', view, sequence, headerDigest: name(what) };
};
const prepare = (sequence: number, what: string, view = 0): Prepare => {
  return { type: 'prepare', view, sequence, headerDigest: name(what) };
};
const result = (state: string, sequence = 4, epoch = 0) => {
  const digests = { resultsRoot: name('results'), stateDigest: name(state) };
  return { type: 'result', epoch, sequence, timestamp: 1, ...digests } as const;
};
const certificate = (by: readonly number[] = [0, 1, 2]) => ({
  statement: result('true'),
  votes: by.map((replica) => ({ replica, signature: say(result('true'), replica).signature })),
});
const validChange = { type: 'viewChange', view: 1, stable: null, prepared: [] } as const;
const invalidChange = { ...validChange, view: 0 };
const invalidView = { type: 'newView', view: 3, viewChanges: [], headers: [] } as const;
const validView = {
  ...invalidView,
  viewChanges: [0, 1, 3].map((by) => say({ ...validChange, view: 3 }, by)),
};

type Row = [why: string, evidence: Evidence, reason: string | null];
const both = <T extends Exclude<Evidence, { vote: Envelope }>['type']>(
  type: T,
  first: Envelope,
  second: Envelope,
) => ({ type, accused: 3, first, second }) as unknown as Evidence;
const divergence = (vote: Envelope, by?: readonly number[]) =>
  ({ type: 'divergentResult', accused: 3, vote, certificate: certificate(by) }) as Evidence;
const outOfTurn = (vote: Envelope) => ({ type: 'outOfTurn', accused: 3, vote }) as Evidence;

const a = say(header(1, 'a'));
const rows: Row[] = [
  ['two headers for one slot', both('conflictingPrePrepare', a, say(header(1, 'b'))), null],
  [
    'two prepares for one slot',
    both('conflictingPrepare', say(prepare(1, 'a')), say(prepare(1, 'b'))),
    null,
  ],
  [
    'two commits for one slot',
    both('conflictingCommit', say(commit(1, 'a')), say(commit(1, 'b'))),
    null,
  ],
  ['the same header twice', both('conflictingPrePrepare', a, say(header(1, 'a'))), 'the same'],
  [
    'headers of two sequences',
    both('conflictingPrePrepare', a, say(header(2, 'b'))),
    'different slots',
  ],
  [
    'headers of two views',
    both('conflictingPrePrepare', a, say(header(1, 'b', 7))),
    'different slots',
  ],
  [
    'a prepare and a commit',
    both('conflictingPrepare', say(prepare(1, 'a')), say(commit(1, 'b'))),
    'different types',
  ],
  [
    'one header by somebody else',
    both('conflictingPrePrepare', a, say(header(1, 'b'), 2)),
    'not by the accused',
  ],
  [
    'a first that is forged',
    both('conflictingPrePrepare', forged(a), say(header(1, 'b'))),
    'forged',
  ],
  [
    'a second that is forged',
    both('conflictingPrePrepare', a, forged(say(header(1, 'b')))),
    'forged',
  ],
  [
    'two results of one sequence',
    both('conflictingResult', say(result('true')), say(result('false'))),
    null,
  ],
  [
    'results of two sequences',
    both('conflictingResult', say(result('true')), say(result('false', 8))),
    'different slots',
  ],
  [
    'the same result twice',
    both('conflictingResult', say(result('true')), say(result('true'))),
    'the same',
  ],
  ['a header of a view that another leads', outOfTurn(say(header(1, 'a', 2))), null],
  ['a header of a view of its own', outOfTurn(say(header(1, 'a', 7))), 'in its turn'],
  ['a prepare in a view that it leads', outOfTurn(say(prepare(1, 'a', 3))), null],
  ['a prepare in the view of another', outOfTurn(say(prepare(1, 'a'))), 'in its turn'],
  ['a prepare by another primary', outOfTurn(say(prepare(1, 'a', 2), 2)), 'not by the accused'],
  ['a forged prepare', outOfTurn(forged(say(prepare(1, 'a', 3)))), 'forged'],
  ['a vote against a certificate', divergence(say(result('false'))), null],
  ['a vote with the certificate', divergence(say(result('true'))), 'agree'],
  ['a vote on another sequence', divergence(say(result('false', 8))), 'different sequences'],
  [
    'a vote that names another epoch than it was signed in',
    divergence(say(result('true', 4, 1))),
    null,
  ],
  ['a vote by somebody else', divergence(say(result('false'), 2)), 'not by the accused'],
  ['a vote that is forged', divergence(forged(say(result('false')))), 'forged'],
  ['a certificate of too few', divergence(say(result('false')), [0, 1]), '2 votes'],
  [
    'an invalid view change',
    { type: 'invalidViewChange', accused: 3, vote: say(invalidChange) },
    null,
  ],
  [
    'a valid view change',
    { type: 'invalidViewChange', accused: 3, vote: say(validChange) },
    'is valid',
  ],
  [
    'a forged view change',
    { type: 'invalidViewChange', accused: 3, vote: forged(say(invalidChange)) },
    'forged',
  ],
  ['an invalid new view', { type: 'invalidNewView', accused: 3, vote: say(invalidView) }, null],
  ['a valid new view', { type: 'invalidNewView', accused: 3, vote: say(validView) }, 'is valid'],
  [
    'a new view by somebody else',
    { type: 'invalidNewView', accused: 3, vote: say(invalidView, 2) },
    'not by the accused',
  ],
];

describe('evidence', () => {
  it.each(rows)('%s', (_why, evidence, reason) => {
    const found = rejectEvidence(evidence, court);
    if (reason === null) expect(found).toBeNull();
    else expect(found).toContain(reason);
  });

  const change = (sequences: readonly number[], stable: number | null = null) =>
    say({
      type: 'viewChange',
      view: 4,
      stable: stable === null ? null : { statement: result('true', stable), votes: [] },
      prepared: sequences.map((sequence) => ({ header: say(header(sequence, 'a')), prepares: [] })),
    });
  const newView = (headers: readonly number[], changes: readonly Envelope<ViewChange>[]) => ({
    type: 'newView' as const,
    view: 4,
    viewChanges: changes,
    headers: headers.map((sequence) => say(header(sequence, 'a'))),
  });
  const invalid = (vote: Envelope) =>
    ({
      type: vote.statement.type === 'newView' ? 'invalidNewView' : 'invalidViewChange',
      accused: 3,
      vote,
    }) as Evidence;
  it.each<[what: string, evidence: Evidence, sequence: number]>([
    ['headers', both('conflictingPrePrepare', say(header(7, 'a')), say(header(7, 'b'))), 7],
    ['results', both('conflictingResult', say(result('a', 8)), say(result('b', 8))), 8],
    ['a divergent result', divergence(say(result('false', 12))), 12],
    ['a prepare out of turn', outOfTurn(say(prepare(5, 'a', 3))), 5],
    ['a view change that claims nothing', invalid(change([])), 0],
    ['its last certificate', invalid(change([6, 9])), 9],
    ['its checkpoint, where that is newer', invalid(change([2], 16)), 16],
    ['a new view of nothing', invalid(say(newView([], []))), 0],
    ['the last header of a new view', invalid(say(newView([3, 11], [change([4])]))), 11],
    ['a view change in it, where that is newer', invalid(say(newView([3], [change([14])]))), 14],
  ])('is about the newest sequence that it speaks of: %s', (_what, evidence, sequence) => {
    expect(newestSequence(evidence)).toBe(sequence);
  });

  const oneKind = rows.filter(([, , reason]) => !reason?.includes('types'));
  it.each(oneKind)('travels unchanged: %s', (_why, evidence) => {
    const bytes = encodeEvidence(evidence);
    expect(decodeEvidence(bytes)).toEqual({ ok: true, value: evidence });
    for (let length = 0; length < bytes.length; length++) {
      expect(decodeEvidence(bytes.subarray(0, length)).ok).toBe(false);
    }
  });

  it('never throws on bytes that mean nothing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const decoded = decodeEvidence(bytes);
        if (decoded.ok) expect(rejectEvidence(decoded.value, court)).not.toBeNull();
      }),
      { numRuns: 500, seed: 1999 },
    );
  });
});
