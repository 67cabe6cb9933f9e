import { syncBuiltinESMExports } from 'node:module';
import v8 from 'node:v8';

/** Loaded before a process's own code: tells the parent what that asks of V8. */
const { setFlagsFromString } = v8;
v8.setFlagsFromString = (flag) => {
  setFlagsFromString(flag);
  process.send?.({ flag });
};
syncBuiltinESMExports();
