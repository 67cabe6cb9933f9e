import { assert } from '../../base/assert.ts';
import { validateOperation } from '../../ledger/operation.ts';
import { makeRegistration } from '../../proofs/registration.ts';
import { NodeProver } from '../../prover/node-prover.ts';
import type { Validator } from '../../runtime/validator.ts';
import { type ClientIdentity, clientIdentity, clientRandom } from '../identity.ts';
import { clientDomain } from '../plan.ts';
import { plotOf } from '../plots.ts';
import { makeAttempt } from '../proof-agent.ts';
import { type HostileSpec, hostileBehaviours } from './behaviours.ts';
import type { HostileKit, Inquiry, Wanted } from './kit.ts';
import { isHonoured } from './once-watch.ts';
import type { HostileWorld } from './world.ts';

/** Misdeeds are done in bursts, this often. */
const tickMs = 10;
/** Between a misdeed and the question what became of it: longer than the harm takes. */
const inquiryDelayMs = 500;
const maxInquiriesInFlight = 4;
const dayMs = 24 * 60 * 60 * 1000;

/** What a hostile client did, and what became of it. */
export interface HostileRecord {
  readonly client: number;
  readonly behaviour: HostileSpec['behaviour'];
  /** Misdeeds done. */
  readonly misdeeds: number;
  /** Of the operations it inquired about: how many there are, have a quorum's answer, and were
   * honoured. */
  readonly asked: number;
  readonly answered: number;
  readonly honoured: number;
}

/** One client that means harm: its misdeeds, one after the other, and what it learns of them. */
export class HostileClient {
  private readonly client: number;
  private readonly spec: HostileSpec;
  private readonly world: HostileWorld;
  private readonly validator: Validator;
  private readonly identity: ClientIdentity;
  private readonly kit: HostileKit;
  private readonly prover: NodeProver | null;
  private sequence = 0;
  private begunMs = 0;
  private misdeeds = 0;
  private underWay = 0;
  private over = false;
  private stopped = false;
  private readonly queue: Inquiry[] = [];
  private inquiring = 0;
  private readonly counts = { asked: 0, answered: 0, honoured: 0 };

  constructor(client: number, spec: HostileSpec, world: HostileWorld) {
    this.client = client;
    this.spec = spec;
    this.world = world;
    this.validator = world.validator(client);
    const { seed, firstClient, requirements, scheme } = world;
    this.identity = clientIdentity(seed, firstClient + client, requirements, scheme);
    this.kit = this.makeKit();
    this.prover = hostileBehaviours[spec.behaviour].enrols ? this.makeProver() : null;
  }

  /** All misdeeds are done, and all that can be known of them is. */
  get isDone(): boolean {
    return this.over && this.underWay === 0 && this.inquiring === 0 && this.queue.length === 0;
  }

  get record(): HostileRecord {
    const { client, misdeeds } = this;
    return { client, behaviour: this.spec.behaviour, misdeeds, ...this.counts };
  }

  start(): void {
    this.world.timers.after(this.spec.fromMs, () => {
      if (this.stopped) return;
      const { prover } = this;
      if (prover === null) return this.begin();
      prover.enrol((enrolled) => {
        if (enrolled.ok) this.begin();
        else this.end();
      });
    });
  }

  stop(): void {
    this.stopped = true;
    this.prover?.stop();
  }

  private begin(): void {
    this.begunMs = this.world.clock.nowMs();
    this.tick();
  }

  private end(): void {
    this.over = true;
    this.world.onProgress?.();
  }

  private tick(): void {
    if (this.stopped) return;
    const { requests, fromMs, untilMs } = this.spec;
    const elapsedMs = this.world.clock.nowMs() - this.begunMs;
    const intervalMs = untilMs === null ? tickMs : (untilMs - fromMs) / requests;
    const due = Math.min(requests, 1 + Math.floor(elapsedMs / intervalMs));
    while (this.misdeeds < due) this.misbehave(this.misdeeds++);
    if (this.misdeeds === requests) return this.end();
    this.world.timers.after(tickMs, () => this.tick());
  }

  private misbehave(round: number): void {
    this.underWay += 1;
    hostileBehaviours[this.spec.behaviour].misdeed(this.kit, round, (inquiries) => {
      this.counts.asked += inquiries.length;
      const { timers } = this.world;
      timers.after(inquiries.length === 0 ? 0 : inquiryDelayMs, () => {
        this.underWay -= 1;
        this.queue.push(...inquiries);
        this.inquire();
      });
    });
  }

  private inquire(): void {
    while (!this.stopped && this.inquiring < maxInquiriesInFlight) {
      const inquiry = this.queue.shift();
      if (inquiry === undefined) break;
      this.inquiring += 1;
      this.askTwice(inquiry, () => {
        this.inquiring -= 1;
        this.inquire();
      });
    }
    this.world.onProgress?.();
  }

  /** As any client asks, and then once more: the second answer must be the first one. */
  private askTwice({ operation, broken }: Inquiry, done: () => void): void {
    this.ask(operation, (result) => {
      if (result === null) return done();
      this.counts.answered += 1;
      if (isHonoured(result)) {
        this.counts.honoured += 1;
        if (broken) this.world.onWrong('a request that is broken on purpose was honoured');
      }
      this.ask(operation, done);
    });
  }

  /** The certified result, or null: no quorum answered in time. */
  private ask(operation: Uint8Array, done: (result: Uint8Array | null) => void): void {
    this.validator.submit(operation, (outcome) => {
      if (this.stopped) return;
      if (outcome.type !== 'certified') return done(null);
      this.prover?.learn(outcome.certified);
      this.world.onAnswer(operation, outcome.certified);
      done(outcome.certified.answer.result);
    });
  }

  private makeKit(): HostileKit {
    const { world, client } = this;
    const { seed, chainId, scheme, replicas, f } = world;
    const random = clientRandom(seed, world.firstClient + client).fork('misdeeds');
    const payee = (name: string) => scheme.signer(random.fork(name).bytes(32)).publicKey;
    return {
      client,
      domain: clientDomain(world.firstClient + client),
      chainId,
      signer: this.identity.signer,
      random,
      replicas,
      f,
      link: world.link(client),
      payees: [payee('payee'), payee('other payee')],
      nextSequence: () => ++this.sequence,
      prove: (wanted, done) => this.prove(wanted, done),
    };
  }

  private makeProver(): NodeProver {
    const { world, client, validator } = this;
    const { signer, stakeAmount } = this.identity;
    const { labels, scaleFactor } = world.plot;
    return new NodeProver({
      ...world,
      name: `hostile ${client}`,
      signer,
      stakeAmount,
      plot: plotOf(signer.publicKey, labels, scaleFactor),
      register: (context) => [makeRegistration(context, labels, scaleFactor)],
      position: null,
      validator,
      nextSequence: () => ++this.sequence,
    });
  }

  private prove(wanted: Wanted, done: (operation: Uint8Array) => void): void {
    const { world, prover, kit } = this;
    const ingredients = prover?.ingredients({
      requestId: wanted.requestId,
      commonName: wanted.name,
      sanEntries: [],
      nodeId: kit.signer.publicKey,
      ipv6Addresses: [],
      publicKey: kit.random.fork(wanted.name).bytes(44),
      tbsDigest: null,
      notAfterMs: world.clock.nowMs() + dayMs,
      requirements: null,
    });
    assert(prover !== null && ingredients != null, 'only who is enrolled proves anything');
    const { sequence, broken } = wanted;
    const attempt = { ...ingredients, sequence, broken, usedSequence: null };
    const chance = kit.random.fork(`${wanted.requestId} ${wanted.name}`);
    makeAttempt(attempt, chance, world.solveWork, prover.signal, (request) => {
      done(validateOperation(request));
    });
  }
}
