import { describe, expect, it } from 'vitest';
import { idealScheme } from '../../src/base/ideal-signature.ts';
import { limits } from '../../src/pbft/limits.ts';
import type { CheckpointCertificate, Message } from '../../src/pbft/messages.ts';
import { TestCluster } from './cluster.ts';
import { checkpoints, Latecomer } from './latecomer.ts';

describe('state transfer from a cluster that makes a checkpoint at every status tick', () => {
  it('finishes what it began while its source still holds that state', () => {
    const cluster = new TestCluster(4, {}, idealScheme);
    const certificates = checkpoints(cluster, 12);
    const late = new Latecomer(cluster, 9);
    for (const certificate of certificates) {
      late.hear(0, { type: 'stableCheckpoint', certificate });
      late.timeout('status');
      late.answer();
    }
    expect(late.installed[0]).toBe(certificates[0]?.statement.sequence);
  });

  it('follows a source that no longer holds it', () => {
    const cluster = new TestCluster(4, {}, idealScheme);
    const [first, second, third] = checkpoints(cluster, 3) as [
      CheckpointCertificate,
      CheckpointCertificate,
      CheckpointCertificate,
    ];
    const late = new Latecomer(cluster, 10);
    late.hear(0, { type: 'stableCheckpoint', certificate: first });
    late.timeout('status');
    const source = late.replica.state.transfer?.source ?? 0;
    const running = () => late.replica.state.transfer?.certificate.statement.sequence;
    late.hear(source, { type: 'stableCheckpoint', certificate: second });
    expect(running()).toBe(first.statement.sequence);
    late.hear(source, { type: 'stableCheckpoint', certificate: third });
    expect(running()).toBe(third.statement.sequence);
  });

  it('ends when the decisions themselves were quicker', () => {
    const cluster = new TestCluster(4, {}, idealScheme);
    const decided: Message[] = [];
    cluster.crash(3);
    cluster.onEffect = ({ index }, effect) => {
      if (index !== 0 || effect.type !== 'execute') return;
      const { certificate, batch } = effect;
      decided.push({ type: 'decided', certificate, batch });
    };
    for (const request of 'abcd') {
      cluster.request(request, [0, 1, 2]);
      cluster.settle();
    }
    const { stable } = cluster.member(0).replica.state;
    cluster.restart(3);
    const { state } = cluster.member(3).replica;
    const certificate = stable as CheckpointCertificate;
    cluster.flight = [];
    cluster.deliver({ from: 0, to: 3, message: { type: 'stableCheckpoint', certificate } });
    cluster.fire(3, 'status');
    expect(state.transfer).not.toBeNull();
    for (const message of decided) cluster.deliver({ from: 1, to: 3, message });
    expect(state.lastExecuted).toBe(4);
    cluster.flight = [];
    for (let i = 0; i < 9 && cluster.member(3).timers.has('fetch'); i++) cluster.fire(3, 'fetch');
    expect(state.transfer).toBeNull();
    expect(cluster.flight).toEqual([]);
  });
});

describe('a source of a state without end', () => {
  it('is left before it fills the memory', () => {
    const cluster = new TestCluster(4, {}, idealScheme);
    const [certificate] = checkpoints(cluster, 1) as [CheckpointCertificate];
    const late = new Latecomer(cluster, 10);
    late.hear(0, { type: 'stableCheckpoint', certificate });
    late.timeout('status');
    const { sequence } = certificate.statement;
    const bytes = new Uint8Array(limits.stateChunkBytes);
    const liar = late.replica.state.transfer?.source ?? 0;
    const source = () => late.replica.state.transfer?.source;
    const most = limits.stateBytes / bytes.length;
    for (let chunk = 0; chunk <= most; chunk++) {
      expect(source()).toBe(liar);
      late.hear(liar, { type: 'stateChunk', sequence, chunk, chunks: limits.stateChunks, bytes });
    }
    expect(source()).not.toBe(liar);
    expect(late.replica.state.transfer?.chunks).toBeNull();
  });
});
