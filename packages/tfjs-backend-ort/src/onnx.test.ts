import { expect, test } from "vitest";
import { encodeModel } from "./onnx.ts";

const text = (bytes: Uint8Array) => new TextDecoder("latin1").decode(bytes);
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

test("a graph of one node is the bytes that the ONNX schema prescribes", () => {
  const model = encodeModel({ nodes: [{ op: "Neg", inputs: ["a"], outputs: ["b"] }], inputs: ["a"], outputs: ["b"] });
  const node = "0a0b" + "0a0161" + "120162" + "22034e6567";
  const graph = `${node}12056772617068${"5a090a016112040a020801"}${"62090a016212040a020801"}`;
  const opsets = `42040a00${"1011"}${"42110a0d636f6d2e6d6963726f736f66741001"}`;
  expect(hex(model)).toBe(`0808${"3a2a"}${graph}${opsets}`);
});

test("integers below zero take ten bytes, as int64 in protobuf does", () => {
  const model = encodeModel({
    nodes: [{ op: "Softmax", inputs: ["a"], outputs: ["b"], attributes: { axis: -1 } }],
    inputs: ["a"],
    outputs: ["b"],
  });
  expect(hex(model)).toContain(`0a0461786973${"18ffffffffffffffffff01"}a00102`);
});

test("an operator that ONNX Runtime adds to the standard names its domain, a standard one does not", () => {
  const graph = (op: string) => encodeModel({ nodes: [{ op, inputs: ["a"], outputs: ["b"] }], inputs: ["a"], outputs: ["b"] });
  expect(text(graph("Gelu")).match(/com\.microsoft/g)).toHaveLength(2);
  expect(text(graph("Erf")).match(/com\.microsoft/g)).toHaveLength(1);
});

test("a constant that no node uses is left out", () => {
  const constants = [
    { name: "used", value: 2 },
    { name: "spare", value: [1, 2] },
  ];
  const model = text(
    encodeModel({ nodes: [{ op: "Mul", inputs: ["a", "used"], outputs: ["b"] }], inputs: ["a"], outputs: ["b"], constants }),
  );
  expect(model).toContain("used");
  expect(model).not.toContain("spare");
});

test("weights are their shape and their bytes", () => {
  const values = Float32Array.of(9, 1, 2).subarray(1);
  const model = encodeModel({
    nodes: [{ op: "Mul", inputs: ["a", "w"], outputs: ["b"] }],
    inputs: ["a"],
    outputs: ["b"],
    constants: [{ name: "w", value: { shape: [2, 1], values } }],
  });
  expect(hex(model)).toContain(`2a13${"08020801"}1001${"420177"}4a08${"0000803f"}${"00000040"}`);
});
