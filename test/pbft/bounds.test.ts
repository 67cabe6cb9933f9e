import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { digest } from '../../src/base/digest.ts';
import { isolateOperation } from '../../src/ledger/operation.ts';
import { headerDigest } from '../../src/pbft/envelope.ts';
import { rejectEvidence } from '../../src/pbft/evidence-check.ts';
import { encodeEvidence } from '../../src/pbft/evidence-codec.ts';
import { limits } from '../../src/pbft/limits.ts';
import type { Envelope, PrePrepare } from '../../src/pbft/messages.ts';
import { Core } from '../../src/pbft/state.ts';
import { rejectViewChange } from '../../src/pbft/view-change.ts';
import { Alone, accused, sent, strikes } from './alone.ts';

describe('votes for a view that is not open', () => {
  const commit = (alone: Alone, view: number, sequence: number, by: number) => {
    const named = { view, sequence, headerDigest: '00'.repeat(32) };
    alone.hear(by, { type: 'commit', vote: alone.say({ type: 'commit', ...named }, by) });
  };

  it('are kept within the window, for the views next to it, and no others', () => {
    const alone = new Alone(3, { logWindow: 8 });
    for (let view = 0; view < 5; view++) {
      for (let sequence = 0; sequence < 20; sequence++) commit(alone, view, sequence, 2);
    }
    const kept = Array.from({ length: 8 }, (_, i) => `1/${i + 1}`);
    expect([...alone.state.aside.keys()]).toEqual(kept);
  });

  it('are forgotten when a view beyond is entered', () => {
    const alone = new Alone(3);
    commit(alone, 1, 1, 2);
    for (const from of [1, 2]) {
      const claim = { view: 3, stable: null, prepared: [] };
      const vote = alone.say({ type: 'viewChange', ...claim }, from);
      alone.hear(from, { type: 'viewChange', vote });
    }
    expect(alone.state).toMatchObject({ view: 3, active: true });
    expect([...alone.state.aside.keys()]).toEqual([]);
  });
});

describe('what waits at a replica', () => {
  it.each([
    ['empty', new Uint8Array(0), 0],
    ['of one byte', new Uint8Array(1), 1],
    ['as large as any may be', new Uint8Array(limits.operationBytes), 1],
    ['larger by one byte', new Uint8Array(limits.operationBytes + 1), 0],
  ])('holds a request that is %s, or does not', (_size, operation, waiting) => {
    const backup = new Alone(1);
    backup.request(operation);
    expect(backup.state.pending.size).toBe(waiting);
  });

  it('holds a request once', () => {
    const backup = new Alone(1);
    backup.request(utf8('a'));
    backup.request(utf8('a'));
    expect(backup.state.pendingBytes).toBe(1);
  });

  it('is no more in number than the limit', () => {
    const backup = new Alone(1);
    for (let i = 0; i < limits.pendingRequests + 2; i++) backup.request(utf8(`request ${i}`));
    expect(backup.state.pending.size).toBe(limits.pendingRequests);
  });

  it('is no more in bytes than the limit, to the last byte', () => {
    const backup = new Alone(1);
    const large = (i: number) => new Uint8Array(limits.operationBytes).fill(i, 0, 1);
    const count = limits.pendingBytes / limits.operationBytes;
    for (let i = 0; i < count; i++) backup.request(large(i));
    expect(backup.state.pendingBytes).toBe(limits.pendingBytes);
    backup.request(utf8('a'));
    expect(backup.state.pending.size).toBe(count);
  });
});

describe('a batch by its bytes', () => {
  const three = ['aaaa', 'bbbb', 'cccc'].map(utf8);

  it('is proposed as large as the limit, and no larger', () => {
    const primary = new Alone(0, { maxBatchBytes: 8, pipelineDepth: 1 });
    const [first] = sent(primary.request(utf8('first')));
    expect(first?.type).toBe('prePrepare');
    for (const operation of three) expect(sent(primary.request(operation))).toEqual([]);
    const { cluster, index } = primary;
    const { replica } = cluster.member(index);
    // The batch in flight is decided and run; what gathered meanwhile takes its turn.
    const statement = primary.state.slots.get(1)?.header?.statement;
    expect(statement?.sequence).toBe(1);
    const header = primary.state.slots.get(1)?.header as Envelope<PrePrepare>;
    const named = { view: 0, sequence: 1, headerDigest: headerDigest(header) };
    for (const by of [1, 2, 3]) {
      primary.hear(by, {
        type: 'prepare',
        vote: primary.say({ type: 'prepare', ...named }, by),
        header,
      });
    }
    for (const by of [1, 2, 3]) {
      primary.hear(by, { type: 'commit', vote: primary.say({ type: 'commit', ...named }, by) });
    }
    const name = digest('test/name', utf8('x'));
    const ran = { sequence: 1, timestamp: cluster.nowMs, resultsRoot: name, stateDigest: name };
    const effects = replica.step({ type: 'executed', ...ran }, cluster.nowMs);
    const [next] = sent(effects).filter((message) => message.type === 'prePrepare');
    expect(next?.batch).toEqual(three.slice(0, 2));
  });

  it('is accepted as large as the limit, and no larger', () => {
    const backup = new Alone(1, { maxBatchBytes: 8 });
    const two = three.slice(0, 2);
    const fits = backup.hear(0, {
      type: 'prePrepare',
      header: backup.header(0, 1, two),
      batch: two,
    });
    expect(strikes(fits)).toEqual([]);
    expect(sent(fits).map(({ type }) => type)).toEqual(['prepare']);
    const large = { header: backup.header(0, 2, three), batch: three };
    expect(strikes(backup.hear(0, { type: 'prePrepare', ...large }))).toEqual([
      'batch of 12 bytes',
    ]);
  });
});

describe('a prepare', () => {
  it('that quotes a header of another view of the same primary convicts nobody', () => {
    const backup = new Alone(1);
    const batch = [utf8('a')];
    backup.hear(0, { type: 'prePrepare', header: backup.header(0, 1, batch), batch });
    const header = backup.header(4, 1, batch);
    const named = { view: 0, sequence: 1, headerDigest: headerDigest(header) };
    const vote = backup.say({ type: 'prepare', ...named }, 2);
    const effects = backup.hear(2, { type: 'prepare', vote, header });
    expect(strikes(effects)).toEqual(['prepare quotes the header of another slot']);
    expect(accused(effects)).toEqual([]);
  });
});

describe('a complaint', () => {
  it('of another epoch is none: its views have the same numbers', () => {
    const replica = new Alone(1);
    const complain = (epoch: number) =>
      [2, 3].flatMap((by) => replica.hear(by, { type: 'complaint', epoch, view: 0 }));
    expect(sent(complain(1))).toEqual([]);
    expect(replica.state.view).toBe(0);
    expect(sent(complain(0)).map(({ type }) => type)).toEqual(['complaint', 'viewChange']);
    expect(replica.state.view).toBe(1);
  });
});

describe('a view change', () => {
  it('may name every slot of the window and none above', () => {
    const replica = new Alone(0);
    const { verify, validators, parameters } = replica.cluster;
    const court = { verify, validators, parameters };
    const change = (sequence: number) => {
      const prepared = [replica.prepared(sequence)];
      return replica.say({ type: 'viewChange', view: 1, stable: null, prepared }, 3);
    };
    expect(rejectViewChange(change(parameters.logWindow), court)).toBeNull();
    expect(rejectViewChange(change(parameters.logWindow + 1), court)).toContain('above the window');
  });

  it('that no operation has room for is not told, and hides no other', () => {
    const replica = new Alone(0);
    const one = replica.prepared(1);
    const claim = (certificates: number, votes: number) => {
      const prepares = Array.from({ length: votes }, () => one.prepares[0]).filter(
        (v) => v !== undefined,
      );
      const prepared = Array.from({ length: certificates }, () => ({ ...one, prepares }));
      const vote = replica.say({ type: 'viewChange', view: 1, stable: null, prepared }, 3);
      return { effects: replica.hear(3, { type: 'viewChange', vote }), vote };
    };
    const huge = claim(500, 255);
    expect(huge.vote.payload.length).toBeGreaterThan(limits.operationBytes);
    expect(strikes(huge.effects)).toEqual(['invalidViewChange too large to be told']);
    expect(accused(huge.effects)).toEqual([]);
    const { effects } = claim(2, 2);
    expect(accused(effects)).toHaveLength(1);
    const [evidence] = accused(effects);
    expect(evidence && encodeEvidence(evidence).length).toBeLessThan(limits.operationBytes);
  });

  it('that fills the room there is comes with its evidence into one operation', () => {
    const replica = new Alone(0);
    const { evidencePayloadBytes, operationBytes } = limits;
    const sealed = replica.say({ type: 'viewChange', view: 0, stable: null, prepared: [] }, 3);
    const vote = { ...sealed, payload: new Uint8Array(evidencePayloadBytes) };
    const evidence = { type: 'invalidViewChange', accused: 3, vote } as const;
    expect(isolateOperation(encodeEvidence(evidence)).length).toBeLessThanOrEqual(operationBytes);
    const core = new Core(replica.cluster.options(0));
    core.accuse(evidence);
    expect(core.takeEffects()).toEqual([{ type: 'accuse', evidence }]);
  });

  it('proves what somebody said of its stable checkpoint, late or deep in a new view', () => {
    const name = digest('test/name', utf8('x'));
    const liar = () => {
      const replica = new Alone(0);
      const result = (sequence: number, state = name) =>
        ({
          type: 'result',
          epoch: 0,
          sequence,
          timestamp: 1,
          resultsRoot: name,
          stateDigest: state,
        }) as const;
      const change = (view: number, sequence: number, by: number) => {
        const statement = result(sequence);
        const votes = [0, 1, 2].map((voter) => {
          return { replica: voter, signature: replica.say(statement, voter).signature };
        });
        const stable = sequence === 0 ? null : { statement, votes };
        return replica.say({ type: 'viewChange', view, stable, prepared: [] }, by);
      };
      const lie = replica.say(result(4, digest('test/name', utf8('y'))), 3);
      expect(replica.hear(3, { type: 'checkpoint', vote: lie })).toEqual([]);
      return { replica, change };
    };
    const late = liar();
    late.replica.hear(2, { type: 'viewChange', vote: late.change(5, 0, 2) });
    const afterwards = late.replica.hear(2, { type: 'viewChange', vote: late.change(4, 4, 2) });
    expect(accused(afterwards).map(({ type }) => type)).toEqual(['divergentResult']);
    const deep = liar();
    const viewChanges = [deep.change(1, 0, 1), deep.change(1, 4, 2), deep.change(1, 8, 3)];
    const opened = { type: 'newView', view: 1, viewChanges, headers: [] } as const;
    const effects = deep.replica.hear(1, { type: 'newView', vote: deep.replica.say(opened, 1) });
    expect(accused(effects).map(({ type }) => type)).toEqual(['divergentResult']);
  });

  it('shows by its stable checkpoint how far the others are', () => {
    const replica = new Alone(0);
    const name = digest('test/name', utf8('x'));
    const digests = { resultsRoot: name, stateDigest: name };
    const statement = { type: 'result', epoch: 0, sequence: 4, timestamp: 1, ...digests } as const;
    const votes = [1, 2, 3].map((by) => {
      return { replica: by, signature: replica.say(statement, by).signature };
    });
    const stable = { statement, votes };
    const vote = replica.say({ type: 'viewChange', view: 1, stable, prepared: [] }, 3);
    replica.hear(3, { type: 'viewChange', vote });
    expect(replica.state.ahead?.statement.sequence).toBe(4);
  });
});

describe('a result that differs from the certified one', () => {
  it.each(['resultsRoot', 'stateDigest', 'timestamp'] as const)('in its %s alone', (field) => {
    const replica = new Alone(0);
    const { verify, validators, parameters } = replica.cluster;
    const name = digest('test/name', utf8('x'));
    const digests = { resultsRoot: name, stateDigest: name };
    const statement = { type: 'result', epoch: 0, sequence: 4, timestamp: 1, ...digests } as const;
    const votes = [0, 1, 2].map((by) => {
      return { replica: by, signature: replica.say(statement, by).signature };
    });
    const other = { timestamp: 2, resultsRoot: digest('test/name', utf8('y')) };
    const lie = field === 'timestamp' ? { timestamp: 2 } : { [field]: other.resultsRoot };
    const vote = replica.say({ ...statement, ...lie }, 3);
    const certificate = { statement, votes };
    const evidence = { type: 'divergentResult', accused: 3, vote, certificate } as const;
    expect(rejectEvidence(evidence, { verify, validators, parameters })).toBeNull();
  });
});

describe('a commit for another header', () => {
  it('does not help to a quorum, though with it there are enough commits', () => {
    const backup = new Alone(1);
    const batch = [utf8('a')];
    const header = backup.header(0, 1, batch);
    backup.hear(0, { type: 'prePrepare', header, batch });
    const named = { view: 0, sequence: 1, headerDigest: headerDigest(header) };
    const commit = (by: number, what = named.headerDigest) => {
      const vote = backup.say({ type: 'commit', ...named, headerDigest: what }, by);
      return backup.hear(by, { type: 'commit', vote });
    };
    commit(0);
    commit(2);
    commit(3, digest('test/name', utf8('another')));
    expect(backup.state.slots.get(1)?.commits.size).toBe(3);
    expect(backup.state.slots.get(1)?.decided).toBeNull();
  });
});
