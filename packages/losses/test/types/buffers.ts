// Needs TypeScript 5.7, whose typed arrays name the type of their buffer.
import { allocate, softmax, tensor } from "@surprisal/core";
import { crossEntropy } from "@surprisal/losses";

/** What a Blob takes. */
declare function write(part: ArrayBufferView<ArrayBuffer>): void;

const x = new Float32Array(2);
write(softmax(x));
write(softmax([x])[0]);
write(softmax(tensor(x)).data);
write(softmax(tensor([1, 2])).data);
// @ts-expect-error the memory is shared while threads are in use
write(allocate([2]).data);
write(crossEntropy.valueAndGrad(x, 0).grad);
declare const shared: Float32Array<SharedArrayBuffer>;
// @ts-expect-error the result may be in out, which is shared
write(softmax(shared, { out: shared }));
// @ts-expect-error the same, of an argument that is not shared
write(softmax(x, { out: shared }));
write(softmax(shared, { out: x }));
