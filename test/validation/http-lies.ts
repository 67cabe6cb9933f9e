import { setInterval } from 'node:timers';
import type { Signer } from '../../src/base/signature.ts';
import type { FaultKind } from '../../src/validation/http-fault.ts';
import { signersOf } from '../ledger/epochs.ts';
import { nop, type Twist, validateRequest } from './http-cluster.ts';
import { type Asked, answerJson, type Conduct, reply } from './http-fakes.ts';

/** A way in which a node does not do its duty, and what the client is to call it. */
export interface Lie {
  readonly conduct: Conduct;
  readonly kind: FaultKind;
  /** Part of what the error says. */
  readonly detail: RegExp;
  /** Only found out by waiting. */
  readonly needsPatience?: true;
}

const failure = { proof: 'stake', reason: 'too small', measured: '1', required: '2' } as const;

function certified({ operation, cluster }: Asked, twist: Twist = {}) {
  return answerJson(cluster.certify(operation, twist));
}

/** Answers with the honest JSON after `change` had its way with it; always claims `valid`. */
function changed(change: (json: ReturnType<typeof certified>, asked: Asked) => unknown): Conduct {
  return (asked) => {
    const json = structuredClone({ ...certified(asked), status: 'valid' });
    reply(asked.response, 200, change(json, asked) ?? json);
  };
}

function signed(twist: Twist): Conduct {
  return (asked) => reply(asked.response, 200, { ...certified(asked, twist), status: 'valid' });
}

const [stranger] = signersOf(99) as [Signer];

/** The answer is in form, and proves nothing. */
const forgeries: Readonly<Record<string, Lie>> = {
  'certifies another request': {
    conduct: ({ cluster, response }) => {
      reply(response, 200, answerJson(cluster.certify(validateRequest(99))));
    },
    kind: 'lying',
    detail: /the result of .*, not /,
  },
  "passes another's result off as ours": {
    conduct: changed((json, { cluster }) => {
      const other = answerJson(cluster.certify(nop(1)));
      const { request_digest } = json.result_certificate.answer;
      other.result_certificate.answer.request_digest = request_digest;
      return other;
    }),
    kind: 'lying',
    detail: /the result of .*, not /,
  },
  'is one signature short': {
    conduct: signed({ voters: [0, 1] }),
    kind: 'lying',
    detail: /2 votes, 3 needed/,
  },
  'counts a signer twice': {
    conduct: signed({ voters: [0, 1, 1] }),
    kind: 'lying',
    detail: /replica 1 out of order or twice/,
  },
  "has a stranger sign in a validator's name": {
    conduct: signed({
      signerOf: (replica) => (replica === 2 ? stranger : signersOf(replica + 1)[0]!),
    }),
    kind: 'lying',
    detail: /signature of replica 2/,
  },
  'lets a stranger vote': {
    conduct: signed({ voters: [0, 1, 7], signerOf: (i) => signersOf(i + 1)[0]! }),
    kind: 'lying',
    detail: /replica 7, no validator/,
  },
  'brings what the same validators signed for another cluster': {
    conduct: signed({ clusterId: 'c2'.repeat(32) }),
    kind: 'lying',
    detail: /signature of replica 0/,
  },
  'names an epoch nobody proves': {
    conduct: signed({ epoch: 9, signerOf: () => stranger }),
    kind: 'lying',
    detail: /membership epoch 9, not 0/,
  },
  'swaps the result for a better one': {
    conduct: (asked) => {
      const bad = certified(asked, { failures: [failure] });
      const good = certified(asked);
      bad.result_certificate.answer.result = good.result_certificate.answer.result;
      reply(asked.response, 200, { ...bad, status: 'valid' });
    },
    kind: 'lying',
    detail: /not under the certified root/,
  },
  'cuts the path short': {
    conduct: changed((json) => void json.result_certificate.answer.path.pop()),
    kind: 'lying',
    detail: /not under the certified root/,
  },
  'flips a signature': {
    conduct: changed((json) => {
      const vote = json.result_certificate.votes[1]!;
      vote.signature = vote.signature.replace(/^./, (c) => (c === '0' ? '1' : '0'));
    }),
    kind: 'lying',
    detail: /signature of replica 1/,
  },
  'has the result say nothing': {
    conduct: signed({ result: new Uint8Array([9, 9, 9]) }),
    kind: 'lying',
    detail: /a result that is none/,
  },
  'claims valid without a certificate': {
    conduct: changed((json) => ({ ...json, result_certificate: null })),
    kind: 'undecided',
    detail: /status "valid" without a certificate/,
  },
  'brings three hundred votes': {
    conduct: changed((json) => {
      const [vote] = json.result_certificate.votes;
      json.result_certificate.votes = Array.from({ length: 300 }, () => vote!);
    }),
    kind: 'malformed',
    detail: /result_certificate\.votes/,
  },
  'answers in a shape of its own': {
    conduct: ({ response }) => reply(response, 200, { status: ['valid'], __proto__: { a: 1 } }),
    kind: 'malformed',
    detail: /status/,
  },
  'puts off the decision for ever': {
    conduct: ({ response }) => reply(response, 202, { status: 'pending' }),
    kind: 'undecided',
    detail: /pending/,
  },
};

const chunk = 'x'.repeat(64 * 1024);

/** What comes is no answer at all, or never comes. */
const misbehaviour: Readonly<Record<string, Lie>> = {
  'never answers': {
    conduct: () => {},
    kind: 'silent',
    detail: /no answer/,
    needsPatience: true,
  },
  'drips its answer': {
    conduct: ({ response }) => {
      response.setHeader('content-type', 'application/json');
      const timer = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(timer));
    },
    kind: 'slow',
    detail: /did not finish/,
    needsPatience: true,
  },
  'drips its headers': {
    conduct: ({ socket }) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      const timer = setInterval(() => socket.write('x-more: 1\r\n'), 20);
      socket.on('close', () => clearInterval(timer));
    },
    kind: 'silent',
    detail: /no answer/,
    needsPatience: true,
  },
  'redirects to somebody else': {
    conduct: ({ response }) => {
      response.setHeader('location', 'http://127.0.0.1:9/consensus/operations');
      reply(response, 307, {});
    },
    kind: 'redirect',
    detail: /307 to http:\/\/127\.0\.0\.1:9/,
  },
  'announces a huge body': {
    conduct: ({ response }) => {
      response.setHeader('content-length', String(2 ** 40));
      response.setHeader('content-type', 'application/json');
      response.write('{');
    },
    kind: 'tooLarge',
    detail: /more than/,
  },
  'sends without end': {
    conduct: ({ response }) => {
      response.setHeader('content-type', 'application/json');
      const more = (): void => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', more);
      more();
    },
    kind: 'tooLarge',
    detail: /more than/,
  },
  'answers in HTML': {
    conduct: ({ response }) => reply(response, 200, '<p>valid</p>', 'text/html'),
    kind: 'malformed',
    detail: /content type text\/html of a 200/,
  },
  'compresses, unasked': {
    conduct: (asked) => {
      asked.response.setHeader('content-encoding', 'gzip');
      reply(asked.response, 200, certified(asked));
    },
    kind: 'malformed',
    detail: /gzip/,
  },
  'says 200 and garbage': {
    conduct: ({ response }) => reply(response, 200, 'valid'),
    kind: 'malformed',
    detail: /no JSON/,
  },
  'truncates its answer': {
    conduct: (asked) => {
      reply(asked.response, 200, JSON.stringify(certified(asked)).slice(0, -40));
    },
    kind: 'malformed',
    detail: /no JSON/,
  },
  'nests a hundred thousand deep': {
    conduct: ({ response }) => reply(response, 200, `${'['.repeat(1e5)}${']'.repeat(1e5)}`),
    kind: 'malformed',
    detail: /./,
  },
  'hangs up at once': {
    conduct: ({ socket }) => void socket.destroy(),
    kind: 'closed',
    detail: /./,
  },
  'hangs up in the middle': {
    conduct: (asked) => {
      const text = JSON.stringify(certified(asked));
      asked.response.setHeader('content-length', text.length);
      asked.response.setHeader('content-type', 'application/json');
      asked.response.write(text.slice(0, 100), () => asked.socket.destroy());
    },
    kind: 'closed',
    detail: /./,
  },
  'speaks no HTTP': {
    conduct: ({ socket }) => void socket.end('valid\r\n\r\n'),
    kind: 'malformed',
    detail: /no HTTP/,
  },
  'fails inside': {
    conduct: ({ response }) => reply(response, 500, { title: 'oops', detail: 'a bug' }),
    kind: 'failed',
    detail: /500: oops: a bug/,
  },
  'sheds load': {
    conduct: ({ response }) => reply(response, 503, { title: 'without quorum' }),
    kind: 'shedding',
    detail: /503: without quorum/,
  },
  'refuses the question': {
    conduct: ({ response }) => {
      reply(response, 422, { title: 'impossible', detail: 'no' }, 'application/problem+json');
    },
    kind: 'rejected',
    detail: /422: impossible: no/,
  },
};

export const lies: Readonly<Record<string, Lie>> = { ...forgeries, ...misbehaviour };
