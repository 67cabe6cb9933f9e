import type { PackedRun } from '../model/packed.ts';
import { addControls } from './controls.ts';
import { addCopying, addPrinting } from './copying.ts';
import { addDetails } from './details.ts';
import { Diagram } from './diagram.ts';
import { element } from './elements.ts';
import { addOverview } from './overview.ts';
import { addPointer } from './pointer.ts';
import { addRequestTable } from './request-table.ts';

// What the page was written with, by the same version of the same program.
const run = JSON.parse(element('run', HTMLScriptElement).textContent ?? '') as PackedRun;
const diagram = new Diagram(run);
addOverview(diagram);
addDetails(diagram);
addControls(diagram);
addPointer(diagram);
addRequestTable(run);
addCopying();
addPrinting(diagram);
diagram.redraw();
