/** What has to be undone when a process stops, in the reverse of the order it was begun in. */
export class Stopping {
  private readonly steps: (() => void | Promise<void>)[] = [];
  private running: Promise<void> | null = null;

  add(step: () => void | Promise<void>): void {
    this.steps.push(step);
  }

  /** Every step is taken even if one before it fails; the first failure is thrown. Once only. */
  run(): Promise<void> {
    this.running ??= this.runAll();
    return this.running;
  }

  private async runAll(): Promise<void> {
    const failures: unknown[] = [];
    for (let step = this.steps.pop(); step !== undefined; step = this.steps.pop()) {
      try {
        await step();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
