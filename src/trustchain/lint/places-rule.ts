import { readInside } from '../der-reader.ts';
import { oids } from '../fields.ts';
import type { Rule, View } from './view.ts';

const uriTag = 0x86;

/** Of leaves and intermediates: nobody is above a root. */
export const placesRule: Rule = {
  name: 'places',
  source: 'RFC 5280 §4.2.1.13, §4.2.2.1',
  check: places,
};

/** Whoever asks follows these addresses before trusting anything: plain ones, and no others. */
function places(view: View): string | null {
  for (const oid of [oids.crlDistributionPoints, oids.authorityInfoAccess]) {
    const { value } = view.extension(oid) ?? {};
    if (value === undefined) continue;
    const urls = urlsIn(value);
    if (urls.length === 0) return `${oid} without an address`;
    const wrong = urls.find((url) => !/^https?:\/\//.test(url) || !URL.canParse(url));
    if (wrong !== undefined) return `${wrong} is no http address`;
  }
  return null;
}

function urlsIn(der: Uint8Array): string[] {
  const urls: string[] = [];
  const waiting = [der];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const tag = next[0] ?? 0;
    for (const { tag: inner, content, whole } of readInside(next, tag) ?? []) {
      if (inner === uriTag) urls.push(Buffer.from(content).toString('latin1'));
      else if ((inner & 0x20) !== 0) waiting.push(whole);
    }
  }
  return urls;
}
