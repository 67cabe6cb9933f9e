import { utf8 } from '../../src/base/bytes.ts';
import { headerDigest } from '../../src/pbft/envelope.ts';
import type {
  Envelope,
  NewView,
  PreparedCertificate,
  ReplicaIndex,
  ViewChange,
} from '../../src/pbft/messages.ts';
import { chooseHeaders } from '../../src/pbft/new-view.ts';
import { quorum } from '../../src/pbft/quorum.ts';
import type { Command } from './command.ts';
import { broken, type Forger } from './forge.ts';

/**
 * `forge viewChange by 3 v1 [with WRONG]`: what replica 3 truly prepared, distorted in one way;
 * `stable` claims take their certificate from `s4 votes …`.
 */
export function forgeViewChange(
  forger: Forger,
  by: ReplicaIndex,
  command: Command,
): Envelope<ViewChange> {
  const { state } = forger.cluster.member(by).replica;
  const view = command.view ?? 1;
  const claims = command.clause('votes') !== null;
  const stable = claims ? forger.checkpointCertificate(command) : state.stable;
  const prepared = [...state.slots.values()]
    .flatMap((slot) => slot.prepared ?? [])
    .sort((a, b) => a.header.statement.sequence - b.header.statement.sequence);
  const [wrong = 'nothing'] = command.clause('with') ?? [];
  const distorted = distortPrepared(forger, by, view, prepared, wrong);
  return forger.seal({ type: 'viewChange', view, stable, prepared: distorted }, by);
}

function distortPrepared(
  forger: Forger,
  by: ReplicaIndex,
  view: number,
  honest: readonly PreparedCertificate[],
  wrong: string,
): readonly PreparedCertificate[] {
  const [first, ...rest] = honest;
  const replaceFirst = (change: (certificate: PreparedCertificate) => PreparedCertificate) =>
    first ? [change(first), ...rest] : [];
  const { cluster } = forger;
  const low = cluster.member(by).replica.state.stable?.statement.sequence ?? 0;
  switch (wrong) {
    case 'hidden':
      return [];
    case 'fewVotes':
      return replaceFirst(({ header, prepares }) => ({ header, prepares: prepares.slice(1) }));
    case 'voteTwice':
      return replaceFirst(({ header, prepares }) => ({
        header,
        prepares: [...prepares.slice(0, 1), ...prepares.slice(0, -1)],
      }));
    case 'primaryVotes':
      return replaceFirst(({ header, prepares }) => ({
        header,
        prepares: [...forger.votes(prepareOf(header), [header.sender]), ...prepares.slice(1)].sort(
          (a, b) => a.replica - b.replica,
        ),
      }));
    case 'forgedVote':
      return replaceFirst(({ header, prepares }) => ({
        header,
        prepares: prepares.map((vote, i) =>
          i === 0 ? { ...vote, signature: broken(vote.signature) } : vote,
        ),
      }));
    case 'forgedHeader':
      return replaceFirst((c) => ({
        ...c,
        header: { ...c.header, signature: broken(c.header.signature) },
      }));
    case 'ownHeader':
      return replaceFirst((c) => ({ ...c, header: forger.seal(c.header.statement, by) }));
    case 'descending':
      return [...honest].reverse();
    case 'sameTwice':
      return first ? [first, first, ...rest] : [];
    case 'sameView':
      return [certificate(forger, view, low + 1)];
    case 'aboveWindow':
      return [certificate(forger, 0, low + cluster.parameters.logWindow + 1)];
    case 'belowStable':
      return [certificate(forger, 0, low), ...honest];
    case 'nothing':
      return honest;
    default:
      throw new Error(`a view change with ${wrong}?`);
  }
}

function prepareOf(header: PreparedCertificate['header']) {
  const { view, sequence } = header.statement;
  return { type: 'prepare', view, sequence, headerDigest: headerDigest(header) } as const;
}

/** A certificate whose every signature is good, for a batch that only the forger knows. */
function certificate(forger: Forger, view: number, sequence: number): PreparedCertificate {
  const n = forger.cluster.members.length;
  const header = forger.header(view, sequence, [utf8('made-up')]);
  const backups = forger.cluster.members.map(({ index }) => index).filter((i) => i !== view % n);
  return { header, prepares: forger.votes(prepareOf(header), backups.slice(0, quorum(n) - 1)) };
}

/** `forge newView by 1 v1 with WRONG`: the new view that was really sent, distorted in one way. */
export function forgeNewView(
  forger: Forger,
  by: ReplicaIndex,
  honest: NewView,
  command: Command,
): Envelope<NewView> {
  const [wrong = 'nothing'] = command.clause('with') ?? [];
  return forger.seal({ ...honest, ...distortNewView(forger, by, honest, wrong) }, by);
}

function distortNewView(
  forger: Forger,
  by: ReplicaIndex,
  { view, viewChanges, headers }: NewView,
  wrong: string,
): Partial<NewView> {
  const [firstChange, ...otherChanges] = viewChanges;
  const last = headers.at(-1);
  if (!firstChange) throw new Error('a new view without view changes');
  const reseal = (change: object) =>
    last
      ? { headers: [...headers.slice(0, -1), forger.seal({ ...last.statement, ...change }, by)] }
      : {};
  switch (wrong) {
    case 'omission':
      return { headers: headers.slice(0, -1) };
    case 'addition':
      return { headers: [...headers, forger.header(view, headers.length + 1, [utf8('made-up')])] };
    case 'otherBatch':
      return reseal({ batchDigest: forger.header(0, 1, [utf8('made-up')]).statement.batchDigest });
    case 'otherTime':
      return reseal({ timestamp: (last?.statement.timestamp ?? 0) + 1 });
    case 'otherSequence':
      return reseal({ sequence: (last?.statement.sequence ?? 0) + 1 });
    case 'otherView':
      return reseal({ view: view + forger.cluster.members.length });
    case 'forgedHeader':
      return last
        ? {
            headers: [...headers.slice(0, -1), { ...last, signature: broken(last.signature) }],
          }
        : {};
    case 'fewChanges':
      return { viewChanges: otherChanges };
    case 'changeTwice':
      return { viewChanges: [firstChange, firstChange, ...otherChanges.slice(1)] };
    case 'forgedChange':
      return {
        viewChanges: [
          { ...firstChange, signature: broken(firstChange.signature) },
          ...otherChanges,
        ],
      };
    case 'changeForOtherView': {
      const other = { ...firstChange.statement, view: view + 1 };
      return { viewChanges: [forger.seal(other, firstChange.sender), ...otherChanges] };
    }
    case 'lyingChange': {
      // Its own view change lies, and the headers follow from the lie.
      const prepared = [certificate(forger, view, 1)];
      const changes = viewChanges.map((change) =>
        change.sender === by ? forger.seal({ ...change.statement, prepared }, by) : change,
      );
      const { headers: following } = chooseHeaders(view, changes, undefined);
      return {
        viewChanges: changes,
        headers: following.map((header) => forger.seal(header, by)),
      };
    }
    case 'nothing':
      return {};
    default:
      throw new Error(`a new view with ${wrong}?`);
  }
}
