import type { Instant } from '../pbft/replica.ts';
import { limits } from './limits.ts';
import { type Offence, offenceWeights } from './offence.ts';
import { scoreAt, suspicion } from './standing.ts';

export type ClientStanding = 'trusted' | 'suspected';

/** What one replica holds of a client. */
interface Opinion {
  standing: ClientStanding;
  score: number;
  asOfMs: Instant;
  /** Since `sinceMs`: frames let in while suspected, and frames shed for want of room. */
  letIn: number;
  shed: number;
  sinceMs: Instant;
}

/**
 * One replica's opinion of the clients that gave it reason for one: as of replicas, local, decaying
 * and never a verdict. A suspected client is heard at a slow pace, so that what it wastes is
 * bounded. Clients are names that their links proved.
 */
export class ClientWatch {
  private readonly opinions = new Map<string, Opinion>();
  private readonly onChange: (client: string, to: ClientStanding) => void;

  constructor(onChange: (client: string, to: ClientStanding) => void) {
    this.onChange = onChange;
  }

  /** Clients it has an opinion of. */
  get size(): number {
    return this.opinions.size;
  }

  strike(client: string, offence: Offence, nowMs: Instant): void {
    const opinion = this.opinionOf(client, nowMs);
    opinion.score = Math.min(suspicion.maxScore, scoreAt(opinion, nowMs) + offenceWeights[offence]);
    opinion.asOfMs = Math.max(nowMs, opinion.asOfMs);
    if (opinion.standing === 'suspected' || opinion.score < suspicion.suspectAt) return;
    opinion.standing = 'suspected';
    this.onChange(client, 'suspected');
  }

  /**
   * A request of its had no room, for `waiting` others of its wait already. To send as many again
   * in one window is a flood; who merely has more to ask than there is room for comes again later.
   */
  shed(client: string, waiting: number, nowMs: Instant): void {
    const opinion = this.opinionOf(client, nowMs);
    opinion.shed += 1;
    const most = Math.max(waiting, limits.floodPerSecond);
    if (opinion.shed === most + 1) this.strike(client, 'flood', nowMs);
  }

  /** False for a frame of a suspected client past its pace. */
  admits(client: string, nowMs: Instant): boolean {
    const opinion = this.opinions.get(client);
    if (opinion === undefined) return true;
    turnWindow(opinion, nowMs);
    if (opinion.standing === 'trusted') return true;
    if (scoreAt(opinion, nowMs) <= suspicion.trustAt) {
      this.opinions.delete(client);
      this.onChange(client, 'trusted');
      return true;
    }
    opinion.letIn += 1;
    return opinion.letIn <= limits.floodPerSecond;
  }

  /** Past the bound the one who was last struck longest ago is forgotten. */
  private opinionOf(client: string, nowMs: Instant): Opinion {
    let opinion = this.opinions.get(client);
    if (opinion !== undefined) {
      this.opinions.delete(client);
    } else if (this.opinions.size >= limits.clients) {
      const first = this.opinions.keys().next().value;
      if (first !== undefined) this.opinions.delete(first);
    }
    const none = { letIn: 0, shed: 0, sinceMs: nowMs };
    opinion ??= { standing: 'trusted', score: 0, asOfMs: nowMs, ...none };
    this.opinions.set(client, opinion);
    turnWindow(opinion, nowMs);
    return opinion;
  }
}

function turnWindow(opinion: Opinion, nowMs: Instant): void {
  if (nowMs - opinion.sinceMs < limits.floodWindowMs) return;
  opinion.letIn = 0;
  opinion.shed = 0;
  opinion.sinceMs = nowMs;
}
