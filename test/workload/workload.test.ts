import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { decodeOperation } from '../../src/ledger/operation.ts';
import type { Operation } from '../../src/pbft/messages.ts';
import type { ValidatorOutcome } from '../../src/runtime/validator.ts';
import { brokenKinds } from '../../src/workload/parameters.ts';
import { FakeCluster, noneInvalid, parameters, requirements, startMs } from './fake-cluster.ts';

const mixed = { space: 2, stake: 3, work: 2, time: 3, signature: 2, replay: 3 };

function typeOf(operation: Operation): string {
  const decoded = decodeOperation(operation);
  if (!decoded.ok) throw new Error(decoded.reason);
  return decoded.value.type === 'order' ? decoded.value.order.type : decoded.value.type;
}

function isValidate(operation: Operation): boolean {
  return typeOf(operation) === 'validate';
}

describe('a workload', () => {
  it('gets a certificate for every honest request, in X.509 and for the name it asked for', () => {
    const cluster = new FakeCluster().run();
    const records = cluster.workload.records();
    expect(records.map(({ outcome }) => outcome)).toEqual(records.map(() => 'issued'));
    expect(cluster.done).toBe(1);
    expect(cluster.workload).toMatchObject({ isDone: true, settled: 8, requests: 8 });
    const certificates = new Map(
      cluster.workload.certificates().map(({ serial, pem }) => [serial, new X509Certificate(pem)]),
    );
    const ca = new X509Certificate(cluster.workload.caPem);
    for (const { name, serial, sequence, latencyMs } of records) {
      const certificate = certificates.get(serial as string);
      expect(certificate?.subjectAltName).toBe(`DNS:${name}`);
      expect(certificate?.verify(ca.publicKey)).toBe(true);
      expect(sequence).toBeGreaterThan(2);
      expect(latencyMs).toBeGreaterThanOrEqual(10);
    }
    expect(certificates.size).toBe(8);
  });

  it('has every broken request refused by a quorum, for that reason and no other', () => {
    const asked = parameters({ clients: 3, requests: 30, invalid: mixed });
    const cluster = new FakeCluster({ parameters: asked }).run();
    const records = cluster.workload.records();
    for (const { broken, outcome, failures, sequence, serial } of records) {
      const named = [...new Set(failures.map(({ proof }) => proof))];
      expect({ broken, outcome, named }).toEqual(
        broken === null
          ? { broken, outcome: 'issued', named: [] }
          : { broken, outcome: 'rejected', named: [broken] },
      );
      expect(sequence).toBeGreaterThan(0);
      expect(serial === null).toBe(broken !== null);
    }
    for (const kind of brokenKinds) {
      expect(records.filter(({ broken }) => broken === kind).length).toBe(mixed[kind]);
    }
    const answered = cluster.events.filter(({ type }) => type === 'answered');
    expect(answered.length).toBe(30);
    expect(cluster.events.filter(({ type }) => type === 'retried')).toEqual([]);
  });

  it('registers a plot for every client before its first request', () => {
    const cluster = new FakeCluster({ parameters: parameters({ clients: 3 }) }).run();
    for (let client = 0; client < 3; client++) {
      const own = cluster.submitted.filter((submission) => submission.client === client);
      const types = own.map(({ operation }) => typeOf(operation));
      expect(types.slice(0, 2)).toEqual(['nop', 'registerPlot']);
      expect(new Set(types.slice(2))).toEqual(new Set(['validate']));
    }
    expect(cluster.events.filter(({ type }) => type === 'enrolled').length).toBe(3);
  });

  it('keeps `outstanding` requests in flight in a closed loop, never more', () => {
    const asked = parameters({ clients: 1, requests: 20, outstanding: 3 });
    const cluster = new FakeCluster({ parameters: asked, latencyMs: 10 }).run();
    const sequences = cluster.workload.records().map(({ sequence }) => sequence);
    const perBatch = new Map<number | null, number>();
    for (const at of sequences) perBatch.set(at, (perBatch.get(at) ?? 0) + 1);
    // What waits behind the others is not asked yet: its latency has not begun.
    const latencies = cluster.workload.records().map(({ latencyMs }) => latencyMs);
    expect(latencies).toEqual(Array(20).fill(10));
    expect(Math.max(...perBatch.values())).toBe(3);
    expect(perBatch.size).toBe(7);
  });

  it('sends at a constant rate in an open loop, whatever the answers do', () => {
    const asked = parameters({ clients: 2, requests: 10, ratePerSecond: 20 });
    const at: number[] = [];
    const cluster: FakeCluster = new FakeCluster({
      parameters: asked,
      latencyMs: 500,
      intercept: (operation) => {
        if (isValidate(operation)) at.push(cluster.time.nowMs());
        return null;
      },
    });
    cluster.run();
    expect(at.map((ms) => ms - (at[0] as number))).toEqual(at.map((_, i) => i * 50));
    expect(cluster.workload.isDone).toBe(true);
    for (const { latencyMs } of cluster.workload.records()) {
      expect(latencyMs).toBeLessThanOrEqual(500);
    }
  });

  it('sends the same bytes in the same order from the same seed, others from another', () => {
    const sent = (seed: string, inSlices: boolean): string[] => {
      const asked = parameters({
        clients: 3,
        requests: 15,
        invalid: { ...mixed, time: 1, stake: 1 },
      });
      const cluster = new FakeCluster({ parameters: asked, seed, inSlices }).run();
      expect(cluster.workload.isDone).toBe(true);
      return cluster.submitted.map(({ client, operation }) => `${client} ${toHex(operation)}`);
    };
    expect(sent('a', false)).toEqual(sent('a', false));
    expect(sent('a', false).slice(3)).not.toEqual(sent('b', false).slice(3));
  });

  it('is done at once after enrolment when nobody asks for anything', () => {
    const cluster = new FakeCluster({ parameters: parameters({ requests: 0 }) }).run();
    expect(cluster.done).toBe(1);
    expect(cluster.workload.isDone).toBe(true);
  });

  const moments: readonly (readonly [string, number, boolean])[] = [
    ['before its clients enrolled', 0, false],
    ['while its clients enrol', 5, false],
    ['between nop and registration', 15, false],
    ['with requests under way', 35, false],
    ['in the middle of making proofs', 25, true],
  ];
  it.each(moments)('asks and tells nothing more once it is stopped %s', (_, atMs, inSlices) => {
    const bits = inSlices ? 16 : requirements.minimumComputeBits;
    const asked = parameters({
      requests: 40,
      requirements: { ...requirements, minimumComputeBits: bits },
    });
    const cluster = new FakeCluster({ parameters: asked, inSlices });
    const { submitted, events, workload } = cluster;
    const heard = () => ({
      submitted: submitted.length,
      events: events.length,
      done: cluster.done,
    });
    let before = heard();
    const stop = (): void => {
      workload.stop();
      before = heard();
    };
    if (atMs === 0) stop();
    else cluster.time.after(atMs, stop);
    cluster.run();
    expect(heard()).toEqual(before);
    const pending = workload.records().filter(({ outcome }) => outcome === 'pending').length;
    expect(pending).toBe(40 - workload.settled);
    expect(pending).toBeGreaterThan(0);
  });
});

describe('a workload in trouble', () => {
  it('makes fresh proofs when the beacon moved on, with a new request id', () => {
    // Two epochs pass while a request is on its way, but not while its second attempt is.
    let slow = true;
    const cluster: FakeCluster = new FakeCluster({
      parameters: parameters({ clients: 1, requests: 4, outstanding: 1 }),
      beaconEpochMs: 1_000,
      intercept: (operation) => {
        if (!isValidate(operation) || !slow) return null;
        slow = false;
        // Another client's batches carry agreed time on.
        cluster.ledger.execute(100, startMs + 1_500, []);
        cluster.ledger.execute(101, startMs + 2_500, []);
        return null;
      },
    });
    cluster.run();
    expect(cluster.workload.records().map(({ outcome }) => outcome)).toEqual(
      Array(4).fill('issued'),
    );
    const retried = cluster.events.filter(({ type }) => type === 'retried');
    expect(retried).toMatchObject([{ reason: 'time: beacon not current' }]);
    const ids = cluster.submitted.flatMap(({ operation }) => {
      const decoded = decodeOperation(operation);
      if (!decoded.ok || decoded.value.type !== 'validate') return [];
      return [decoded.value.request.subject.requestId];
    });
    expect(new Set(ids).size).toBe(5);
  });

  it('registers again with the new beacon when the old one went stale on the way', () => {
    let stale = true;
    const cluster: FakeCluster = new FakeCluster({
      parameters: parameters({ clients: 1 }),
      beaconEpochMs: 1_000,
      intercept: (operation) => {
        if (typeOf(operation) !== 'registerPlot' || !stale) return null;
        stale = false;
        cluster.ledger.execute(100, startMs + 1_500, []);
        cluster.ledger.execute(101, startMs + 2_500, []);
        return null;
      },
    });
    cluster.run();
    const registrations = cluster.submitted.filter(({ operation }) => {
      return typeOf(operation) === 'registerPlot';
    });
    expect(registrations.length).toBe(2);
    expect(cluster.workload.isDone).toBe(true);
  });

  it('asks for the same vote again after a timeout, so that nothing is issued twice', () => {
    const lost = new Set<number>([1, 4, 7, 8]);
    const timeout: ValidatorOutcome = { type: 'timeout' };
    const cluster = new FakeCluster({
      intercept: (_, submission) => (lost.has(submission) ? timeout : null),
    }).run();
    expect(cluster.workload.records().every(({ outcome }) => outcome === 'issued')).toBe(true);
    const seen = new Map<string, number>();
    for (const { operation } of cluster.submitted) {
      if (!isValidate(operation)) continue;
      const id = toHex(operation);
      seen.set(id, (seen.get(id) ?? 0) + 1);
    }
    expect(seen.size).toBe(8);
    expect([...seen.values()].filter((times) => times > 1).length).toBeGreaterThan(0);
    expect(cluster.workload.certificates().length).toBe(8);
  });

  it('waits and asks again when its own validator is overloaded', () => {
    const overloaded: ValidatorOutcome = { type: 'refused', reason: 'overloaded' };
    const cluster = new FakeCluster({
      intercept: (_, submission) => (submission % 3 === 0 ? overloaded : null),
    }).run();
    expect(cluster.workload.records().every(({ outcome }) => outcome === 'issued')).toBe(true);
    expect(cluster.events.some(({ type }) => type === 'retried')).toBe(true);
  });

  it('gives up, by name, what can never be asked', () => {
    const stopped: ValidatorOutcome = { type: 'refused', reason: 'stopped' };
    const cluster = new FakeCluster({
      parameters: parameters({ clients: 2, requests: 6 }),
      intercept: (_, submission) => (submission === 1 ? stopped : null),
    }).run();
    expect(cluster.workload.isDone).toBe(true);
    const gone = cluster.workload.records().filter(({ outcome }) => outcome === 'pending');
    expect(gone.map(({ client }) => client)).toEqual([0, 0, 0]);
    const reasons = cluster.events.flatMap((event) =>
      event.type === 'gaveUp' ? [event.reason] : [],
    );
    expect(reasons).toEqual(Array(3).fill('client 0 could not enrol: stopped'));
  });

  it('ends when no honest request leaves a sequence to replay', () => {
    // Stake far above what the ledger holds: every honest request is refused.
    const poor = { ...requirements, minimumStake: 100, minimumStorageBytes: 2 ** 40 };
    const cluster = new FakeCluster({
      parameters: parameters({
        clients: 1,
        requests: 4,
        requirements: poor,
        invalid: { ...noneInvalid, replay: 1 },
      }),
    }).run();
    expect(cluster.workload.isDone).toBe(true);
    const outcomes = cluster.workload
      .records()
      .map(({ broken, outcome }) => `${broken} ${outcome}`);
    expect(outcomes.sort()).toEqual([
      'null rejected',
      'null rejected',
      'null rejected',
      'replay pending',
    ]);
  });

  it('leaves pending what a silent cluster never answers', () => {
    const cluster = new FakeCluster({
      intercept: (operation) => (isValidate(operation) ? { type: 'timeout' } : null),
    }).run(2_000);
    expect(cluster.workload.settled).toBe(0);
    expect(cluster.done).toBe(0);
    expect(cluster.workload.records().every(({ outcome }) => outcome === 'pending')).toBe(true);
  });
});

describe('the price of a request', () => {
  it('is followed: what every answer says is asked for, the next request brings', () => {
    const cluster = new FakeCluster({
      parameters: parameters({ clients: 1, requests: 60, outstanding: 2 }),
      beaconEpochMs: 100,
      load: { validationsPerEpoch: 3, maxExtraBits: 4 },
    }).run();
    expect(cluster.workload.records().map(({ outcome }) => outcome)).toEqual(
      Array.from({ length: 60 }, () => 'issued'),
    );
    expect(cluster.ledger.computeBits).toBeGreaterThan(requirements.minimumComputeBits);
  });
});

describe('the full challenge', () => {
  it('is answered in every epoch a client hears of, so that no request is refused for it', () => {
    const cluster = new FakeCluster({
      parameters: parameters({ clients: 2, requests: 80, outstanding: 2 }),
      beaconEpochMs: 100,
      attestationEpochs: 1,
    }).run();
    const types = cluster.submitted.map(({ operation }) => typeOf(operation));
    // Two clients in two epochs after that of their registration.
    expect(types.filter((type) => type === 'attestPlot').length).toBe(4);
    expect(types.filter((type) => type === 'validate').length).toBe(80);
    const outcomes = cluster.workload.records().map(({ outcome }) => outcome);
    expect(outcomes).toEqual(outcomes.map(() => 'issued'));
  });

  it('is made up for by a client that heard of nothing for many epochs', () => {
    const cluster = new FakeCluster({
      parameters: parameters({ clients: 1, requests: 4, ratePerSecond: 1 }),
      beaconEpochMs: 100,
      attestationEpochs: 1,
    }).run();
    const records = cluster.workload.records();
    expect(records.map(({ outcome }) => outcome)).toEqual(records.map(() => 'issued'));
    const retried = cluster.events.filter(({ type }) => type === 'retried');
    expect(JSON.stringify(retried)).toContain('space: full challenge overdue');
  });
});

describe('requests that share a signature', () => {
  const batchSizes = (cluster: FakeCluster) =>
    cluster.submitted.flatMap(({ operation }) => {
      const decoded = decodeOperation(operation);
      if (!decoded.ok || decoded.value.type !== 'validateBatch') return [];
      return decoded.value.batch.requests.length;
    });

  it('are those of a client that wait at the same time, and each has its certificate', () => {
    const asked = parameters({ clients: 2, requests: 48, outstanding: 6, requestBatch: 4 });
    const cluster = new FakeCluster({ parameters: asked }).run();
    const records = cluster.workload.records();
    expect(records.map(({ outcome }) => outcome)).toEqual(records.map(() => 'issued'));
    expect(new Set(records.map(({ serial }) => serial)).size).toBe(48);
    const sizes = batchSizes(cluster);
    expect(Math.max(...sizes)).toBe(4);
    expect(sizes.length).toBeGreaterThan(8);
    const names = cluster.workload.certificates().map(({ pem }) => {
      return new X509Certificate(pem).subjectAltName;
    });
    expect(new Set(names)).toEqual(new Set(records.map(({ name }) => `DNS:${name}`)));
  });

  it('are refused one by one, whatever is wrong with the others', () => {
    const asked = parameters({
      clients: 2,
      requests: 40,
      outstanding: 8,
      requestBatch: 8,
      invalid: mixed,
    });
    const cluster = new FakeCluster({ parameters: asked }).run();
    for (const { broken, outcome, failures } of cluster.workload.records()) {
      expect(outcome, `${broken}`).toBe(broken === null ? 'issued' : 'rejected');
      if (broken !== null) expect(failures.map(({ proof }) => proof)).toContain(broken);
    }
    expect(Math.max(...batchSizes(cluster))).toBeGreaterThan(4);
  });

  it('wait for nobody when they are alone', () => {
    const asked = parameters({ clients: 1, requests: 6, outstanding: 1, requestBatch: 8 });
    const cluster = new FakeCluster({ parameters: asked, latencyMs: 10 }).run();
    expect(batchSizes(cluster)).toEqual([]);
    expect(cluster.workload.records().map(({ latencyMs }) => latencyMs)).toEqual(Array(6).fill(10));
  });

  it('are asked for again when no quorum answers, as the same bytes', () => {
    const asked = parameters({ clients: 1, requests: 12, outstanding: 6, requestBatch: 6 });
    const lost = new Set<string>();
    const cluster = new FakeCluster({
      parameters: asked,
      intercept: (operation) => {
        const name = toHex(operation.subarray(-64));
        if (typeOf(operation) !== 'validateBatch' || lost.has(name)) return null;
        lost.add(name);
        return { type: 'timeout' };
      },
    }).run();
    const records = cluster.workload.records();
    expect(records.map(({ outcome }) => outcome)).toEqual(records.map(() => 'issued'));
    expect(lost.size).toBeGreaterThan(0);
  });
});
