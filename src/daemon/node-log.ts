import type { Logger } from 'pino';
import { decisionsIn, decodeResult } from '../ledger/result.ts';
import type { Observer } from '../runtime/observer.ts';

/**
 * What an operator wants to read of a node: each request it decided, by the id under which
 * TrustChain and the node that was asked speak of it too; changes of view, membership and standing;
 * accusations; and the failure of its disk. What peers can cause without end (refused frames,
 * strikes) is said only at level debug.
 */
export function logObserver(log: Logger): Observer {
  return {
    onStep(_input, effects) {
      for (const effect of effects) {
        if (effect.type === 'enterView' && effect.active) {
          log.info({ view: effect.view }, 'view entered');
        } else if (effect.type === 'accuse') {
          log.warn({ evidence: effect.evidence.type }, 'a replica is accused');
        } else if (effect.type === 'strike') {
          log.debug({ replica: effect.replica, reason: effect.reason }, 'strike');
        }
      }
    },
    onIsolated: (processes) => log.warn({ processes }, 'convicted'),
    onExecuted({ sequence, results }) {
      if (!log.isLevelEnabled('info')) return;
      for (const bytes of results) {
        const result = decodeResult(bytes);
        for (const { requestId, status } of result.ok ? decisionsIn(result.value) : []) {
          log.info({ requestId, status, sequence }, 'request decided');
        }
      }
    },
    // `process` is who speaks.
    onStanding: ({ process: peer, from, to }) => log.info({ peer, from, to }, 'opinion of a peer'),
    onSeat({ epoch, index, court }) {
      const members = court.validators.publicKeys.length;
      log.info({ epoch, index, members, votes: index < members }, 'seat in the membership epoch');
    },
    onRefused: (from, reason) => log.debug({ from, reason }, 'frame refused'),
    onJournalError(error) {
      log.error({ err: error }, 'the journal failed: this replica votes no longer');
    },
  };
}
