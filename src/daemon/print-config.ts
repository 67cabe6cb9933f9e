import { Document, isMap, isScalar, type YAMLMap } from 'yaml';
import type { z } from 'zod';
import { fieldsOf } from './config-file.ts';
import { nodeConfigSchema, type WrittenNodeConfig } from './node-config.ts';

const commentWidth = 78;

/** A node of a cluster of four on four machines. */
export const exampleConfig: WrittenNodeConfig = nodeConfigSchema.parse({
  replica: 0,
  listen: '/ip4/192.0.2.10/tcp/21000',
  peers: [10, 11, 12, 13].map((machine) => `/ip4/192.0.2.${machine}/tcp/21000`),
});

/** The config of a node with every key written out and explained: a file to start from. */
export function printNodeConfig(written: WrittenNodeConfig): string {
  const document = new Document(written);
  if (isMap(document.contents)) explain(document.contents as YAMLMap, nodeConfigSchema);
  document.commentBefore = ' One HyperMesh node. Every key is here; those left out are these.';
  return document.toString({ lineWidth: 0 });
}

function explain(mapping: YAMLMap, schema: z.ZodType): void {
  const shape = fieldsOf(schema);
  for (const [i, { key, value }] of mapping.items.entries()) {
    if (!isScalar(key)) continue;
    const field = shape[String(key.value)];
    if (field === undefined) continue;
    if (field.description !== undefined) {
      key.commentBefore = wrapped(field.description);
      key.spaceBefore = i > 0;
    }
    if (isMap(value)) explain(value as YAMLMap, field);
  }
}

function wrapped(text: string): string {
  const lines: string[] = [''];
  for (const word of text.split(' ')) {
    const line = `${lines.at(-1)} ${word}`;
    if (line.length > commentWidth) lines.push(` ${word}`);
    else lines[lines.length - 1] = line;
  }
  return lines.join('\n');
}
