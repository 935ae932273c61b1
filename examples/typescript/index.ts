import * as omics from "omics-components";

const there = new omics.Provider("there", {
    region: "eu-west-1",
    assumeRoles: [{ roleArn: "arn:aws:iam::222233334444:role/deployer" }],
    allowedAccountIds: ["222233334444"],
});

const reads = new omics.EncryptedSequenceStore("reads", {
    description: "Reads of the lab",
    readers: ["arn:aws:iam::111122223333:role/reader"],
});

const far = new omics.SequenceStore("far", { eTagAlgorithmFamily: "SHA256up" }, { provider: there });

export const arn = reads.arn;
export const farArn = far.arn;
export const stores = omics.getSequenceStoresOutput().sequenceStores;
