import { toHex } from '../../src/base/bytes.ts';
import { outerEnvelope } from '../../src/pbft/envelope.ts';
import type { Commit, Envelope, Message, Statement, ViewChange } from '../../src/pbft/messages.ts';

/**
 * Remembers, across crashes, all that one correct replica ever signed and sent, and holds every new
 * word against it. What a correct replica may never do (§4.2, §4.4), whatever its disk and its
 * peers do:
 * - two pre-prepares, prepares or commits for one view and sequence; two results for one sequence;
 * - two view changes, or two new views, for one view;
 * - a new vote in a view that it said it had left;
 * - a view change that conceals what it committed to.
 */
export class SignedWords {
  private readonly said = new Map<string, string>();
  private readonly commits: Commit[] = [];
  private leftFor = 0;

  /** Why `message` breaks this replica's word, or null. */
  hear(message: Message, sender: number): string | null {
    const envelope = outerEnvelope(message);
    if (envelope === null || envelope.sender !== sender) return null;
    const headers = message.type === 'newView' ? message.vote.statement.headers : [];
    for (const word of [envelope, ...headers]) {
      const broken = this.hearWord(word);
      if (broken !== null) return `replica ${sender}: ${broken}`;
    }
    return null;
  }

  private hearWord({ statement, payload }: Envelope): string | null {
    const place = placeOf(statement);
    const bytes = toHex(payload);
    const before = this.said.get(place);
    if (before === bytes) return null;
    if (before !== undefined) return `two different words for ${place}`;
    this.said.set(place, bytes);
    switch (statement.type) {
      case 'prePrepare':
      case 'prepare':
        return statement.view < this.leftFor ? `${place} after leaving for ${this.leftFor}` : null;
      case 'commit':
        this.commits.push(statement);
        return statement.view < this.leftFor ? `${place} after leaving for ${this.leftFor}` : null;
      case 'viewChange':
        this.leftFor = Math.max(this.leftFor, statement.view);
        return this.concealed(statement);
      default:
        return null;
    }
  }

  private concealed({ view, stable, prepared }: ViewChange): string | null {
    const low = stable?.statement.sequence ?? 0;
    for (const commit of this.commits) {
      if (commit.sequence <= low || commit.view >= view) continue;
      const known = prepared.find(({ header }) => header.statement.sequence === commit.sequence);
      if (known === undefined || known.header.statement.view < commit.view) {
        return `view change v${view} conceals its commit v${commit.view} s${commit.sequence}`;
      }
    }
    return null;
  }
}

function placeOf(statement: Statement): string {
  const view = 'view' in statement ? ` v${statement.view}` : '';
  const sequence = 'sequence' in statement ? ` s${statement.sequence}` : '';
  return `${statement.type}${view}${sequence}`;
}
